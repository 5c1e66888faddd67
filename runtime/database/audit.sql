-- audit: who did what
INSERT INTO audit (actor, action, detail) VALUES ($1, $2, $3);

-- entries: what was done, the latest first
SELECT number, at, actor, action, detail FROM audit
WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text IS NULL OR action = $2)
ORDER BY number DESC
LIMIT $3;
