-- dealt_with: which messages were set aside before
SELECT id FROM set_aside WHERE id = ANY($1::uuid[]);

-- put_aside: account for messages without effect, each once; returns those that were new
INSERT INTO set_aside (
    id, stream, stream_sequence, effect, publisher, event_id, document_type, stage, reason, payload, at
)
SELECT g.*, $11 FROM unnest(
    $1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::bytea[]
) AS g (id, stream, stream_sequence, effect, publisher, event_id, document_type, stage, reason, payload)
ORDER BY g.id
ON CONFLICT (id) DO NOTHING
RETURNING id;
