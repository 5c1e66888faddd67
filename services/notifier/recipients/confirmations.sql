-- keep: what waits to be confirmed
INSERT INTO confirmation (id, digest, account, lookup, key_id, box, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::interval);

-- find: what a secret leads to, while it lasts
SELECT id, account, key_id, box FROM confirmation WHERE digest = $1 AND expires_at > clock_timestamp();

-- try_code: the same for a code that is about to be compared; nothing where too many were
UPDATE confirmation SET tries = tries + 1
WHERE digest = $1 AND expires_at > clock_timestamp() AND tries < $2
RETURNING id, account, key_id, box;

-- untry: a code that was right does not count
UPDATE confirmation SET tries = tries - 1 WHERE id = $1 AND tries > 0;

-- count: one more of something in an hour or a day; nothing where that would be too many
INSERT INTO contact_count AS c (scope, since, count)
VALUES ($1, date_trunc($2, $3::timestamptz, 'UTC'), 1)
ON CONFLICT (scope, since) DO UPDATE SET count = c.count + 1 WHERE c.count < $4
RETURNING count;

-- uncount: one less
UPDATE contact_count SET count = count - 1
WHERE scope = $1 AND since = date_trunc($2, $3::timestamptz, 'UTC') AND count > 0;
