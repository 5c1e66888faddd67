-- begin: a session at some stage of a sign-in
INSERT INTO staff_session (id, digest, staff_id, stage, begun_at, seen_at, ends_at)
VALUES ($1, $2, $3, $4, $5, $5, $6);

-- opened: the session of a cookie, and whose it is
SELECT s.id AS session_id, s.stage, s.begun_at, s.seen_at, s.ends_at, s.secret, s.secret_key_id, o.*
FROM staff_session AS s JOIN staff AS o ON o.id = s.staff_id
WHERE s.digest = $1 AND o.ended_at IS NULL AND s.ends_at > $2;

-- still: whether a session is open, for whoever goes on looking
SELECT s.seen_at, s.ends_at FROM staff_session AS s JOIN staff AS o ON o.id = s.staff_id
WHERE s.id = $1 AND s.stage = 'open' AND o.ended_at IS NULL AND o.roles @> $2;

-- advance: the next stage, under another cookie
UPDATE staff_session
SET digest = $3, stage = $4, seen_at = $5, ends_at = $6, secret = NULL, secret_key_id = NULL
WHERE id = $1 AND stage = $2
RETURNING id;

-- touch: it was used
UPDATE staff_session SET seen_at = $2 WHERE id = $1 AND seen_at < $2;

-- propose: the second factor that is being set up, where there is none yet
UPDATE staff_session SET secret = $2, secret_key_id = $3 WHERE id = $1 AND stage = 'enrol' AND secret IS NULL;

-- end: one session of somebody
DELETE FROM staff_session WHERE id = $1 AND staff_id = $2 RETURNING id;

-- end_others: all sessions of somebody but one
DELETE FROM staff_session WHERE staff_id = $1 AND id <> $2 RETURNING id;

-- crop: the oldest of somebody's open sessions, of more than so many
DELETE FROM staff_session WHERE id IN (
    SELECT id FROM staff_session WHERE staff_id = $1 AND stage = 'open' ORDER BY begun_at DESC, id OFFSET $2
);

-- of: the open sessions of somebody, the newest first
SELECT id, begun_at, seen_at, ends_at FROM staff_session
WHERE staff_id = $1 AND stage = 'open' AND ends_at > $2 AND seen_at > $3
ORDER BY begun_at DESC, id;

-- number: how many are signed in
SELECT count(*) FROM staff_session WHERE stage = 'open' AND ends_at > $1 AND seen_at > $2;

-- know: a browser from which somebody signed in
INSERT INTO staff_device (digest, staff_id, used_at) VALUES ($1, $2, $3)
ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at;

-- crop_devices: the browsers of somebody that were used longest ago, of more than so many
DELETE FROM staff_device WHERE digest IN (
    SELECT digest FROM staff_device WHERE staff_id = $1 ORDER BY used_at DESC, digest OFFSET $2
);

-- knows: whether somebody signed in from a browser before
SELECT true FROM staff_device WHERE digest = $1 AND staff_id = $2 AND used_at > $3;

-- purge_sessions: sessions that are over
DELETE FROM staff_session WHERE id IN (SELECT id FROM staff_session WHERE ends_at < $1 LIMIT $2);

-- purge_devices: browsers that nobody uses any more
DELETE FROM staff_device WHERE digest IN (SELECT digest FROM staff_device WHERE used_at < $1 LIMIT $2);

-- purge_attempts: attempts of a time that is over
DELETE FROM staff_attempts WHERE key IN (SELECT key FROM staff_attempts WHERE since < $1 LIMIT $2);
