-- inbox: what stands under some identities
-- LATERAL and OFFSET 0, here and elsewhere: each is looked up by its index, however few the planner believes there are.
SELECT e.publisher, e.event_id, e.digest, e.stream_sequence
FROM unnest($1::text[], $2::text[]) AS g (publisher, event_id)
CROSS JOIN LATERAL (SELECT * FROM event WHERE publisher = g.publisher AND event_id = g.event_id OFFSET 0) AS e;

-- histories: all events of some applications that were not withdrawn
SELECT * FROM event WHERE application_key = ANY($1::text[]) AND withdrawn_at IS NULL;

-- insert_events: write history; an identity that another tracker took in meanwhile makes no row
INSERT INTO event (
    publisher, event_id, digest, application_key, document_type, stage, office, note, expected_at, missing, rank,
    detour, occurred_at, sequence, correction, restart, notify, effect, notices, stream_sequence, accepted_at,
    taken_at
)
SELECT
    g.publisher, g.event_id, g.digest, g.key, g.document_type, g.stage, g.office, g.note, g.expected_at,
    string_to_array(g.missing, ','), g.rank, g.detour, g.occurred_at, g.sequence, g.correction, g.restart,
    g.notify, g.effect, g.notices, g.stream_sequence, g.accepted_at, $22
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::date[], $10::text[], $11::int[], $12::boolean[], $13::timestamptz[], $14::bigint[], $15::boolean[],
    $16::boolean[], $17::boolean[], $18::text[], $19::int[], $20::bigint[], $21::timestamptz[]
) AS g (
    publisher, event_id, digest, key, document_type, stage, office, note, expected_at, missing, rank, detour,
    occurred_at, sequence, correction, restart, notify, effect, notices, stream_sequence, accepted_at
)
ORDER BY g.publisher COLLATE "C", g.event_id COLLATE "C"
ON CONFLICT (publisher, event_id) DO NOTHING
RETURNING 1;
