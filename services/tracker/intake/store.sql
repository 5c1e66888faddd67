-- insert_applications: make the rows that are missing, in key order as every lock is taken
INSERT INTO application (application_key, document_type, masked)
SELECT DISTINCT ON (g.key COLLATE "C") g.key, g.document_type, g.masked
FROM unnest($1::text[], $2::text[], $3::text[]) AS g (key, document_type, masked)
WHERE NOT EXISTS (SELECT FROM application a WHERE a.application_key = g.key OFFSET 0)
ORDER BY g.key COLLATE "C"
ON CONFLICT (application_key) DO NOTHING;

-- lock_applications: lock rows in key order and read them as they are once locked
SELECT * FROM application
WHERE application_key = ANY($1::text[])
ORDER BY application_key
FOR UPDATE;

-- grants: which of some grants stand; revoking one waits until this transaction is over
SELECT owner, publisher, application_key FROM publisher_grant
WHERE (owner, publisher, application_key) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
ORDER BY owner, publisher, application_key
FOR KEY SHARE OF publisher_grant;

-- own_application: an application that nobody has named belongs to who names it, under its lock
UPDATE application SET owner = $2 WHERE application_key = $1 AND owner IS NULL;

-- inbox: what stands under some identities
SELECT e.publisher, e.event_id, e.digest, e.stream_sequence
FROM unnest($1::text[], $2::text[]) AS g (publisher, event_id)
JOIN event e USING (publisher, event_id);

-- dealt_with: which messages were set aside before
SELECT id FROM set_aside WHERE id = ANY($1::uuid[]);

-- histories: all events of some applications that were not withdrawn
SELECT * FROM event WHERE application_key = ANY($1::text[]) AND withdrawn_at IS NULL;

-- followers: the active subscriptions of some applications; begin it only after their lock is held
SELECT application_key, subscription_id, recipient_id FROM subscription
WHERE application_key = ANY($1::text[]) AND ended_at IS NULL;

-- insert_events: write history; an identity that another tracker took in meanwhile makes no row
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

-- move_applications: write the states that a batch came to
UPDATE application a SET
    document_type = g.document_type, revision = g.revision, cycle = g.cycle, stage = g.stage, rank = g.rank,
    detour = g.detour, office = g.office, missing = string_to_array(g.missing, ','), note = g.note,
    expected_at = g.expected_at, occurred_at = g.occurred_at, head_publisher = g.head_publisher,
    head_event_id = g.head_event_id, last_occurred_at = g.last_occurred_at, last_sequence = g.last_sequence,
    last_rank = g.last_rank, last_publisher = g.last_publisher, last_event_id = g.last_event_id,
    look_at = g.look_at, owner = g.owner
FROM unnest(
    $1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::int[], $7::boolean[], $8::text[],
    $9::text[], $10::text[], $11::date[], $12::timestamptz[], $13::text[], $14::text[], $15::timestamptz[],
    $16::bigint[], $17::int[], $18::text[], $19::text[], $20::timestamptz[], $21::text[]
) AS g (
    key, document_type, revision, cycle, stage, rank, detour, office, missing, note, expected_at, occurred_at,
    head_publisher, head_event_id, last_occurred_at, last_sequence, last_rank, last_publisher, last_event_id,
    look_at, owner
)
WHERE a.application_key = g.key;

-- forget_state: applications without any history have no state; their revisions stay, for they only rise, and whose
-- they are is open again where no receipt names them either
UPDATE application a SET
    revision = g.revision, cycle = 0, stage = NULL, rank = NULL, detour = NULL, office = NULL, missing = '{}',
    note = NULL, expected_at = NULL, occurred_at = NULL, head_publisher = NULL, head_event_id = NULL,
    last_occurred_at = NULL, last_sequence = NULL, last_rank = NULL, last_publisher = NULL, last_event_id = NULL,
    owner = CASE WHEN EXISTS (SELECT FROM claim c WHERE c.application_key = a.application_key) THEN a.owner END
FROM unnest($1::text[], $2::bigint[]) AS g (key, revision)
WHERE a.application_key = g.key;

-- insert_notices: enter into the ledger who is told
INSERT INTO notice (
    notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind, revision, created_at
)
SELECT g.*, $9 FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]
) AS g;

-- put_aside: account for messages without effect, each once; returns those that were new
INSERT INTO set_aside (
    id, stream, stream_sequence, effect, publisher, event_id, document_type, stage, reason, payload, at
)
SELECT g.*, $11 FROM unnest(
    $1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::bytea[]
) AS g (id)
ORDER BY g.id
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- keep_back: keep messages until their publisher is released
INSERT INTO held (notice_id, publisher, payload, created_at)
SELECT g.*, $4 FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS g;
