-- audit: who did what
INSERT INTO audit (actor, action, detail) VALUES ($1, $2, $3);

-- entries: what was done, the latest first
SELECT number, at, actor, action, detail FROM audit
WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text IS NULL OR action = $2)
ORDER BY number DESC
LIMIT $3;

-- keys_after: the next applications in key order
SELECT application_key FROM application WHERE application_key > $1 ORDER BY application_key LIMIT $2;

-- open_asides: messages set aside about which nothing was done yet, oldest first
SELECT id, stream, stream_sequence, effect, publisher, event_id, document_type, stage, reason, at
FROM set_aside
WHERE settled_at IS NULL AND effect <> 'duplicate' AND ($1::text IS NULL OR effect = $1)
ORDER BY at, id
LIMIT $2;

-- one_aside: a message set aside with its payload
SELECT * FROM set_aside WHERE id = $1;

-- settle: say what was done about messages, once each; a dropped one loses its payload
UPDATE set_aside s
SET settled_at = $2, settled_by = $3, payload = CASE WHEN $3 = 'dropped' THEN NULL ELSE s.payload END
FROM (
    SELECT id, payload FROM set_aside
    WHERE id = ANY($1::uuid[]) AND settled_at IS NULL AND effect <> 'duplicate'
    ORDER BY id
    FOR UPDATE
) AS before
WHERE s.id = before.id
RETURNING s.id, s.stream, before.payload;

-- holds: which publishers are held, since when, by whom, and how many notices wait
SELECT h.publisher, h.since, h.held_by, h.why, h.suspected_from,
    (SELECT count(*) FROM held WHERE held.publisher = h.publisher) AS waiting
FROM hold h
ORDER BY h.since;

-- release: let a publisher's events tell people again; waits for the batches that saw the hold
DELETE FROM hold WHERE publisher = $1 RETURNING publisher;

-- approve: what a publisher sent so far is as it should be
INSERT INTO approval (publisher, at) VALUES ($1, $2)
ON CONFLICT (publisher) DO UPDATE SET at = excluded.at;

-- take_held: what waited, for the outbox
DELETE FROM held WHERE publisher = $1 RETURNING notice_id, payload;
