-- insert_applications: make the rows that are missing, in key order as every lock is taken
INSERT INTO application (application_key, document_type, masked)
SELECT DISTINCT ON (g.key COLLATE "C") g.key, g.document_type, g.masked
FROM unnest($1::text[], $2::text[], $3::text[]) AS g (key, document_type, masked)
ORDER BY g.key COLLATE "C"
ON CONFLICT (application_key) DO NOTHING;

-- lock_applications: lock rows in key order and read them as they are once locked
SELECT * FROM application
WHERE application_key = ANY($1::text[])
ORDER BY application_key
FOR UPDATE;

-- inbox: what stands under some identities
SELECT e.publisher, e.event_id, e.digest, e.stream_sequence
FROM unnest($1::text[], $2::text[]) AS g (publisher, event_id)
JOIN event e USING (publisher, event_id);

-- dealt_with: which messages were set aside before
SELECT id FROM set_aside WHERE id = ANY($1::uuid[]);

-- histories: all events of some applications
SELECT * FROM event WHERE application_key = ANY($1::text[]);

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

-- issue_claim: a receipt's claim, first issued or re-issued under a higher generation
INSERT INTO claim AS c (
    claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash, max_redemptions,
    issued_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (publisher, receipt_id) DO UPDATE
SET generation = excluded.generation, token_hash = excluded.token_hash, code_hash = excluded.code_hash,
    redemptions = 0, max_redemptions = excluded.max_redemptions, issued_at = excluded.issued_at,
    revoked_at = NULL
WHERE c.generation < excluded.generation AND c.application_key = excluded.application_key
RETURNING claim_id;

-- claim_stands: whether exactly this claim was issued before
SELECT EXISTS (
    SELECT FROM claim
    WHERE publisher = $1 AND receipt_id = $2 AND generation = $3 AND application_key = $4
        AND token_hash = $5 AND code_hash = $6
);

-- claim_by_token: which application a token's hash opens
SELECT claim_id, application_key, generation FROM claim WHERE token_hash = $1;

-- claim_by_code: which application a typed code's hash opens
SELECT claim_id, application_key, generation FROM claim WHERE code_hash = $1;

-- spend_claim: use a claim up by one, free of charge for who used it before; no row where it may not be used
UPDATE claim c
SET redemptions = redemptions + CASE WHEN used.before THEN 0 ELSE 1 END
FROM (
    SELECT EXISTS (
        SELECT FROM redemption WHERE claim_id = $1 AND generation = $2 AND recipient_id = $3
    ) AS before
) AS used
WHERE c.claim_id = $1 AND c.generation = $2 AND c.revoked_at IS NULL
    AND (used.before OR c.redemptions < c.max_redemptions)
RETURNING c.claim_id;

-- note_redemption: remember who used the claim
INSERT INTO redemption (claim_id, generation, recipient_id, redeemed_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (claim_id, recipient_id, generation) DO NOTHING;

-- subscribe: follow an application; no row for who follows it already
INSERT INTO subscription (
    subscription_id, application_key, recipient_id, claim_id, consent_version, consented_at, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (application_key, recipient_id) WHERE ended_at IS NULL DO NOTHING
RETURNING subscription_id;

-- followed: everything a recipient follows, oldest first
SELECT s.subscription_id, s.created_at AS since, a.* FROM subscription s
JOIN application a USING (application_key)
WHERE s.recipient_id = $1 AND s.ended_at IS NULL
ORDER BY s.created_at, s.subscription_id;

-- followed_application: one application that a recipient follows
SELECT s.subscription_id, s.created_at AS since, a.* FROM subscription s
JOIN application a USING (application_key)
WHERE s.recipient_id = $1 AND s.application_key = $2 AND s.ended_at IS NULL;

-- applications_to_leave: which applications a stop concerns
SELECT application_key FROM subscription
WHERE recipient_id = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR subscription_id = $2);

-- unsubscribe: end subscriptions to applications whose locks are held
UPDATE subscription SET ended_at = $4, ended_by = 'stop'
WHERE recipient_id = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR subscription_id = $2)
    AND application_key = ANY($3::text[])
RETURNING subscription_id;

-- lock_notices: lock rows of the ledger in one order and say which exist
SELECT notice_id FROM notice WHERE notice_id = ANY($1::uuid[]) ORDER BY notice_id FOR UPDATE;

-- end_notices: the first end stands; a receipt that came before it is kept upon accepted only
UPDATE notice n
SET ended_as = g.ended_as, reason = g.reason, attempts = g.attempts, ended_at = g.at,
    delivered_at = CASE WHEN g.ended_as = 'accepted' THEN n.delivered_at END,
    seen_at = CASE WHEN g.ended_as = 'accepted' THEN n.seen_at END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
    AS g (notice_id, ended_as, reason, attempts, at)
WHERE n.notice_id = g.notice_id AND n.ended_as IS NULL
RETURNING n.ended_as;

-- note_receipts: when a notice was delivered or seen, the first time told, unless it ended otherwise
UPDATE notice n
SET delivered_at = coalesce(n.delivered_at, g.delivered_at), seen_at = coalesce(n.seen_at, g.seen_at)
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS g (notice_id, delivered_at, seen_at)
WHERE n.notice_id = g.notice_id AND (n.ended_as IS NULL OR n.ended_as = 'accepted');

-- reconcile: notices that events caused and the ends they came to
SELECT
    (SELECT coalesce(sum(notices), 0) FROM event) AS caused,
    count(*) AS notices,
    count(*) FILTER (WHERE ended_as IS NULL) AS pending,
    count(*) FILTER (WHERE ended_as = 'accepted') AS accepted,
    count(*) FILTER (WHERE ended_as = 'undeliverable') AS undeliverable,
    count(*) FILTER (WHERE ended_as = 'superseded') AS superseded,
    count(*) FILTER (WHERE ended_as = 'expired') AS expired,
    count(*) FILTER (WHERE ended_as = 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE ended_as = 'unknown') AS unknown
FROM notice;

-- books: how every accepted event ended, by effect
SELECT effect, sum(count)::bigint AS count FROM (
    SELECT effect, count(*) FROM event GROUP BY effect
    UNION ALL
    SELECT effect, count(*) FROM set_aside WHERE stream = 'STAGES' GROUP BY effect
) AS each
GROUP BY effect;

-- waiting: notices without an end, and messages not yet in their stream
SELECT
    (SELECT count(*) FROM notice WHERE ended_as IS NULL) AS pending,
    (SELECT count(*) FROM outbox) AS outbox;
