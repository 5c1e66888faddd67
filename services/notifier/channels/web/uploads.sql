-- put: keep what was sent through a form; the same form again changes nothing, and too many that wait refuse it
INSERT INTO page_upload (id, session_id, key_id, box)
SELECT $1, $2, $3, $4
WHERE (SELECT count(*) FROM page_upload) < $5
  AND (SELECT count(*) FROM page_upload WHERE session_id = $2) < $6
ON CONFLICT (id) DO NOTHING;

-- there: whether it is kept
SELECT EXISTS (SELECT FROM page_upload WHERE id = $1);

-- get: what was sent
SELECT key_id, box FROM page_upload WHERE id = $1;
