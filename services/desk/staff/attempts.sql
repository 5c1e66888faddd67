-- charge: one more attempt; how many there are in the window
INSERT INTO staff_attempts AS a (key, since, count) VALUES ($1, $2, 1)
ON CONFLICT (key) DO UPDATE SET
    since = CASE WHEN a.since > $3 THEN a.since ELSE excluded.since END,
    count = CASE WHEN a.since > $3 THEN least(a.count, 1000000) + 1 ELSE 1 END
RETURNING count;

-- refund: an attempt that was right after all
UPDATE staff_attempts SET count = greatest(count - 1, 0) WHERE key = ANY($1::bytea[]);
