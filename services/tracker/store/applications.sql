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
SELECT p.owner, p.publisher, p.application_key
FROM (
    SELECT DISTINCT g.owner COLLATE "C" AS owner, g.publisher COLLATE "C" AS publisher, g.key COLLATE "C" AS key
    FROM unnest($1::text[], $2::text[], $3::text[]) AS g (owner, publisher, key)
    ORDER BY 1, 2, 3
) AS g
CROSS JOIN LATERAL (
    SELECT * FROM publisher_grant
    WHERE owner = g.owner AND publisher = g.publisher AND application_key = g.key
    FOR KEY SHARE
) AS p;

-- own_application: an application that nobody has named belongs to who names it, under its lock
UPDATE application SET owner = $2 WHERE application_key = $1 AND owner IS NULL;

-- followers: the active subscriptions of some applications; begin it only after their lock is held
SELECT application_key, subscription_id, recipient_id FROM subscription
WHERE application_key = ANY($1::text[]) AND ended_at IS NULL;

-- move_applications: write the states that a batch came to
UPDATE application a SET
    document_type = g.document_type, stage = g.stage, office = g.office, note = g.note,
    expected_at = g.expected_at, missing = string_to_array(g.missing, ','), revision = g.revision,
    cycle = g.cycle, rank = g.rank, detour = g.detour, occurred_at = g.occurred_at,
    head_publisher = g.head_publisher, head_event_id = g.head_event_id, last_occurred_at = g.last_occurred_at,
    last_sequence = g.last_sequence, last_rank = g.last_rank, last_publisher = g.last_publisher,
    last_event_id = g.last_event_id, look_at = g.look_at, owner = g.owner
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::bigint[],
    $9::int[], $10::int[], $11::boolean[], $12::timestamptz[], $13::text[], $14::text[], $15::timestamptz[],
    $16::bigint[], $17::int[], $18::text[], $19::text[], $20::timestamptz[], $21::text[]
) AS g (
    key, document_type, stage, office, note, expected_at, missing, revision, cycle, rank, detour, occurred_at,
    head_publisher, head_event_id, last_occurred_at, last_sequence, last_rank, last_publisher, last_event_id,
    look_at, owner
)
WHERE a.application_key = g.key AND a.application_key = ANY($1::text[]);

-- forget_state: applications without any history have no state; their revisions stay, for they only rise, and whose
-- they are is open again where no receipt names them either
UPDATE application a SET
    revision = g.revision, cycle = 0, stage = NULL, rank = NULL, detour = NULL, office = NULL, missing = '{}',
    note = NULL, expected_at = NULL, occurred_at = NULL, head_publisher = NULL, head_event_id = NULL,
    last_occurred_at = NULL, last_sequence = NULL, last_rank = NULL, last_publisher = NULL, last_event_id = NULL,
    owner = CASE WHEN EXISTS (SELECT FROM claim c WHERE c.application_key = a.application_key) THEN a.owner END
FROM unnest($1::text[], $2::bigint[]) AS g (key, revision)
WHERE a.application_key = g.key AND a.application_key = ANY($1::text[]);
