-- insert_applications: make the rows that are missing, as the version before did
INSERT INTO application (application_key, document_type, masked)
SELECT DISTINCT ON (g.key COLLATE "C") g.key, g.document_type, g.masked
FROM unnest($1::text[], $2::text[], $3::text[]) AS g (key, document_type, masked)
ORDER BY g.key COLLATE "C"
ON CONFLICT (application_key) DO NOTHING;

-- lock_applications: lock rows in key order, as the version before did
SELECT * FROM application
WHERE application_key = ANY($1::text[])
ORDER BY application_key
FOR UPDATE;

-- histories: all events of some applications, as the version before did
SELECT * FROM event WHERE application_key = ANY($1::text[]);

-- followers: who follows, as the version before did
SELECT application_key, subscription_id, recipient_id FROM subscription
WHERE application_key = ANY($1::text[]) AND ended_at IS NULL;

-- insert_events: write history, as the version before did
INSERT INTO event (
    publisher, event_id, digest, application_key, document_type, stage, rank, detour, office, occurred_at,
    sequence, expected_at, missing, note, correction, restart, notify, effect, notices, stream_sequence,
    accepted_at, taken_at
)
SELECT
    g.publisher, g.event_id, g.digest, g.key, g.document_type, g.stage, g.rank, g.detour, g.office,
    g.occurred_at, g.sequence, g.expected_at, string_to_array(g.missing, ','), g.note, g.correction,
    g.restart, g.notify, g.effect, g.notices, g.stream_sequence, g.accepted_at, $22
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::boolean[],
    $9::text[], $10::timestamptz[], $11::bigint[], $12::date[], $13::text[], $14::text[], $15::boolean[],
    $16::boolean[], $17::boolean[], $18::text[], $19::int[], $20::bigint[], $21::timestamptz[]
) AS g (
    publisher, event_id, digest, key, document_type, stage, rank, detour, office, occurred_at, sequence,
    expected_at, missing, note, correction, restart, notify, effect, notices, stream_sequence, accepted_at
)
ORDER BY g.publisher COLLATE "C", g.event_id COLLATE "C"
ON CONFLICT (publisher, event_id) DO NOTHING
RETURNING 1;

-- move_applications: write states, as the version before did
UPDATE application a SET
    document_type = g.document_type, revision = g.revision, cycle = g.cycle, stage = g.stage, rank = g.rank,
    detour = g.detour, office = g.office, missing = string_to_array(g.missing, ','), note = g.note,
    expected_at = g.expected_at, occurred_at = g.occurred_at, head_publisher = g.head_publisher,
    head_event_id = g.head_event_id, last_occurred_at = g.last_occurred_at, last_sequence = g.last_sequence,
    last_rank = g.last_rank, last_publisher = g.last_publisher, last_event_id = g.last_event_id
FROM unnest(
    $1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::int[], $7::boolean[], $8::text[],
    $9::text[], $10::text[], $11::date[], $12::timestamptz[], $13::text[], $14::text[], $15::timestamptz[],
    $16::bigint[], $17::int[], $18::text[], $19::text[]
) AS g (
    key, document_type, revision, cycle, stage, rank, detour, office, missing, note, expected_at, occurred_at,
    head_publisher, head_event_id, last_occurred_at, last_sequence, last_rank, last_publisher, last_event_id
)
WHERE a.application_key = g.key;

-- insert_notices: enter into the ledger, as the version before did
INSERT INTO notice (
    notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind, revision, created_at
)
SELECT g.*, $9 FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]
) AS g;

-- insert_rows: keep messages, as the version before did
INSERT INTO outbox (id, subject, payload)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[])
ON CONFLICT (id) DO NOTHING;

-- delete_rows: forget messages, as the version before did
DELETE FROM outbox WHERE id = ANY($1::uuid[]);
