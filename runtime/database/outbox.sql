-- insert_rows: keep messages until they are known to be in their stream
INSERT INTO outbox (id, subject, payload, trace)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[])
ON CONFLICT (id) DO NOTHING;

-- delete_rows: forget messages that the stream has acknowledged
DELETE FROM outbox WHERE id = ANY($1::uuid[]);

-- take_stale: rows whose own process did not publish them in time, each seen by one sweeper only
SELECT id, subject, payload, trace FROM outbox
WHERE created_at < now() - make_interval(secs => $1)
ORDER BY created_at
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- depth: how many messages wait
SELECT count(*) FROM outbox;
