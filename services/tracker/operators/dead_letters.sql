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
