-- open: changes that wait for somebody, the oldest first
SELECT id, answer, deed, fields, four_eyes, made_at, made_by, made_by_name FROM proposal
WHERE ended_at IS NULL ORDER BY made_at, id LIMIT $1;

-- one: a change that waits for somebody
SELECT id, answer, deed, fields, four_eyes, made_at, made_by, made_by_name FROM proposal
WHERE id = $1 AND ended_at IS NULL;

-- number: how many changes wait
SELECT count(*) FROM proposal WHERE ended_at IS NULL;

-- make: have a change wait
INSERT INTO proposal (id, answer, deed, fields, four_eyes, made_at, made_by, made_by_name)
VALUES ($1, $2, $3, $4::json, $5, $6, $7, $8)
ON CONFLICT (id) DO NOTHING;

-- end: decide about a change that waits
UPDATE proposal SET ended_at = $2, ended_by = $3, ended_as = $4 WHERE id = $1 AND ended_at IS NULL RETURNING id;

-- purge: forget changes that were decided on before
DELETE FROM proposal WHERE id IN (SELECT id FROM proposal WHERE ended_at < $1 ORDER BY ended_at LIMIT $2);
