-- store_notices: keep notices as deliveries at the first address of each route, in order; what cannot be sent ends
-- here and is returned
INSERT INTO delivery (id, channel, address_id, recipient_id, kind, class, subscription_id, revision, payload,
                      created_at, expires_at, due_at, held, trace, actionable, reach_within, reach_by, state, reason,
                      ended_at)
SELECT given.id, a.channel, a.id, r.id, 'notice', given.class, given.subscription_id, given.revision, given.payload,
       given.created_at, given.expires_at, coalesce(given.due_at, clock_timestamp()), given.due_at IS NOT NULL,
       given.trace, given.actionable, given.reach_within,
       CASE WHEN a.id IS NOT NULL THEN coalesce(given.due_at, clock_timestamp()) + given.reach_within END,
       CASE WHEN r.id IS NULL OR w.notice_id IS NOT NULL THEN 'withdrawn'
            WHEN a.id IS NULL THEN 'undeliverable'
            ELSE 'pending' END,
       CASE WHEN w.notice_id IS NOT NULL THEN w.reason
            WHEN r.id IS NULL THEN 'unknown_recipient'
            WHEN a.id IS NULL THEN coalesce((SELECT lost.unreachable_reason FROM address lost
                                             WHERE lost.recipient_id = r.id
                                             ORDER BY lost.unreachable_since DESC NULLS LAST LIMIT 1), 'no_address')
       END,
       CASE WHEN r.id IS NULL OR w.notice_id IS NOT NULL OR a.id IS NULL THEN clock_timestamp() END
FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::bigint[], $6::jsonb[],
            $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::boolean[], $12::interval[])
     WITH ORDINALITY
     AS given (id, recipient_id, class, subscription_id, revision, payload, created_at, expires_at, due_at,
               trace, actionable, reach_within, place)
LEFT JOIN LATERAL (SELECT into_id FROM joined_recipient WHERE id = given.recipient_id OFFSET 0) j ON true
LEFT JOIN LATERAL (
    SELECT id FROM recipient
    WHERE id = coalesce(j.into_id, given.recipient_id) AND consented_at IS NOT NULL OFFSET 0) r ON true
LEFT JOIN LATERAL (SELECT notice_id, reason FROM withdrawn_notice WHERE notice_id = given.id OFFSET 0) w ON true
LEFT JOIN LATERAL next_address(r.id, NULL, given.actionable, $13::text[], $14::text[]) a ON true
ORDER BY given.place
ON CONFLICT (id) DO NOTHING
RETURNING id, kind, state, reason, attempts, ended_at, channel, trace, follows;

-- late_of: to which subscriptions a notice came after a newer one
SELECT DISTINCT given.subscription_id
FROM unnest($1::uuid[], $2::bigint[]) AS given (subscription_id, revision)
WHERE EXISTS (
    SELECT FROM delivery newer
    WHERE newer.subscription_id = given.subscription_id AND newer.revision > given.revision OFFSET 0);

-- put_in_line: what waits for a subscription goes out in the order of its revisions, however it came
-- How much waits changes faster than statistics do, and the planner takes the small indexes of it for nearly empty
-- when they are not: here and below coalesce keeps them from being read in place of a row's own.
WITH waiting AS MATERIALIZED (
    SELECT d.id FROM unnest($1::uuid[]) AS given (id)
    CROSS JOIN LATERAL (
        SELECT id FROM delivery
        WHERE subscription_id = given.id AND coalesce(state, '') = 'pending' AND revision IS NOT NULL OFFSET 0) d
), held AS MATERIALIZED (
    -- All that end_overtaken_of may end after it, in the order in which everybody holds such rows: no deadlocks.
    SELECT id, kind, subscription_id, revision, seq FROM delivery
    WHERE id = ANY (ARRAY(SELECT id FROM waiting)) AND coalesce(state, '') = 'pending' AND revision IS NOT NULL
    ORDER BY id
    FOR UPDATE
), line AS (
    -- The places that a subscription has, in the order of its revisions.
    SELECT id, seq, (array_agg(seq) OVER places)[row_number() OVER (PARTITION BY subscription_id
                                                                    ORDER BY revision, seq)] AS place
    FROM held WHERE kind = 'notice'
    WINDOW places AS (PARTITION BY subscription_id ORDER BY seq
                      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
UPDATE delivery d SET seq = line.place FROM line
WHERE d.id = line.id AND d.id = ANY (ARRAY(SELECT id FROM line)) AND line.seq <> line.place;

-- share_withdrawals: let nobody withdraw notices while some are stored, so that neither misses the other
SELECT pg_advisory_xact_lock_shared(hashtext('docwatch notifier withdrawals'));

-- hold_withdrawals: let nobody store notices while some are withdrawn
SELECT pg_advisory_xact_lock(hashtext('docwatch notifier withdrawals'));

-- keep_withdrawals: remember which notices must end as withdrawn when they come
INSERT INTO withdrawn_notice (notice_id, reason)
SELECT given.id, $2 FROM unnest($1::uuid[]) AS given (id)
WHERE NOT EXISTS (SELECT FROM delivery d WHERE d.id = given.id)
ON CONFLICT DO NOTHING;

-- withdraw: end what waits of these notices; what is in the air ends so unless the messenger takes it
UPDATE delivery
SET withdrawn = $2,
    state = CASE WHEN state = 'sending' THEN state WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END,
    reason = CASE WHEN state = 'sending' THEN reason ELSE $2 END,
    ended_at = CASE WHEN state = 'sending' THEN NULL ELSE clock_timestamp() END
WHERE id = ANY ($1::uuid[]) AND ended_at IS NULL
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;

-- withdraw_followed: the same for what tells these notices once more, and nothing tells them again
WITH settled AS (
    UPDATE delivery SET reach_by = NULL WHERE id = ANY ($1::uuid[]) AND reach_by IS NOT NULL
)
UPDATE delivery
SET withdrawn = $2, reach_by = NULL,
    state = CASE WHEN state = 'sending' THEN state WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END,
    reason = CASE WHEN state = 'sending' THEN reason ELSE $2 END,
    ended_at = CASE WHEN state = 'sending' THEN NULL ELSE clock_timestamp() END
WHERE follows = ANY ($1::uuid[]) AND ended_at IS NULL
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;

-- let_rest: nothing of a subscription, or of all of somebody's, is told once more, nor anything of its appointment
WITH settled AS (
    UPDATE delivery SET reach_by = NULL
    WHERE recipient_id = $1 AND reach_by IS NOT NULL AND ($2::uuid IS NULL OR subscription_id = $2)
)
UPDATE delivery
SET withdrawn = 'stopped',
    state = CASE WHEN state = 'sending' THEN state WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END,
    reason = CASE WHEN state = 'sending' THEN reason ELSE 'stopped' END,
    ended_at = CASE WHEN state = 'sending' THEN NULL ELSE clock_timestamp() END,
    payload = CASE WHEN kind = 'notice' OR state = 'sending' THEN payload END
WHERE recipient_id = $1 AND ended_at IS NULL AND (follows IS NOT NULL OR kind = 'appointment')
  AND ($2::uuid IS NULL OR subscription_id = $2)
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;

-- store_answers: keep what is to be answered, in order
INSERT INTO delivery (id, channel, recipient_id, kind, class, subscription_id, revision, payload,
                      created_at, expires_at, trace, address_id, state)
SELECT given.id, $1, $2, 'answer', 0, given.subscription_id, given.revision, given.payload,
       clock_timestamp(), clock_timestamp() + $3::interval, $8, $9, 'pending'
FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::jsonb[]) WITH ORDINALITY
     AS given (id, subscription_id, revision, payload, place)
ORDER BY given.place
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- wake_senders: tell whoever sends through these accounts that there is something to send, once this commits
SELECT pg_notify('docwatch_notifier', given.account) FROM unnest($1::text[]) AS given (account);

-- end_overtaken_of: the same for a few subscriptions, of which something was just attempted
UPDATE delivery d
SET state = CASE WHEN d.unknowns > 0 THEN 'unknown' ELSE 'superseded' END, reason = 'newer_attempted',
    ended_at = clock_timestamp(), payload = CASE WHEN d.kind = 'notice' THEN d.payload END
WHERE d.id = ANY (ARRAY(
    SELECT old.id FROM delivery old
    WHERE old.subscription_id = ANY ($1::uuid[]) AND old.revision IS NOT NULL
      AND coalesce(old.state, '') = 'pending' AND EXISTS (
        SELECT FROM delivery newer
        WHERE newer.subscription_id = old.subscription_id AND newer.revision > old.revision
          AND (newer.state IN ('sending', 'accepted') OR newer.unknowns > 0) OFFSET 0)
    ORDER BY old.id
    FOR UPDATE))
  AND coalesce(d.state, '') = 'pending'
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.channel, d.trace, d.follows;

-- leave_unreachable: what waits for these people at an address that cannot be written to, or is theirs no more, goes
-- on to the next address of its route, or ends; answers belong where they were asked for
WITH waiting AS MATERIALIZED (
    SELECT d.id, d.recipient_id, d.kind, d.unknowns, d.actionable, d.follows,
           d.tried || coalesce(d.address_id, d.recipient_id) AS tried, a.unreachable_reason
    FROM unnest($1::uuid[]) AS given (id)
    CROSS JOIN LATERAL (
        SELECT * FROM delivery
        WHERE recipient_id = given.id AND ended_at IS NULL AND state <> 'sending' OFFSET 0) d
    LEFT JOIN LATERAL (
        SELECT * FROM address WHERE id = coalesce(d.address_id, d.recipient_id) OFFSET 0) a ON true
    WHERE a.id IS NULL OR a.unreachable_since IS NOT NULL
), routed AS MATERIALIZED (
    SELECT w.*, n.id AS next_id, n.channel AS next_channel
    FROM waiting w
    LEFT JOIN LATERAL next_address(w.recipient_id, w.tried, w.actionable, $2::text[], $3::text[]) n
         ON w.kind <> 'answer' AND (w.unknowns = 0 OR w.actionable)
)
UPDATE delivery d
SET address_id = coalesce(r.next_id, d.address_id), channel = coalesce(r.next_channel, d.channel),
    tried = CASE WHEN r.next_id IS NULL THEN d.tried ELSE r.tried END,
    may_repeat = d.may_repeat OR (r.next_id IS NOT NULL AND d.unknowns > 0),
    plain = d.plain AND r.next_id IS NULL,
    due_at = CASE WHEN r.next_id IS NULL OR (d.held AND NOT d.unpaid) THEN d.due_at ELSE clock_timestamp() END,
    reach_by = CASE WHEN r.next_id IS NOT NULL
                    THEN CASE WHEN d.unpaid THEN clock_timestamp() ELSE greatest(d.due_at, clock_timestamp()) END
                         + d.reach_within END,
    unpaid = d.unpaid AND r.next_id IS NULL,
    state = CASE WHEN r.next_id IS NOT NULL THEN 'pending' WHEN d.unknowns > 0 THEN 'unknown'
                 ELSE 'undeliverable' END,
    reason = CASE WHEN r.next_id IS NULL THEN coalesce(r.unreachable_reason, 'no_address') END,
    ended_at = CASE WHEN r.next_id IS NULL THEN clock_timestamp() END,
    payload = CASE WHEN d.kind = 'notice' OR r.next_id IS NOT NULL THEN d.payload END
FROM routed r
WHERE d.id = r.id AND coalesce(d.state, '') = 'pending'
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.channel, d.trace, d.follows;

-- forget_waiting: end all that waits for somebody unasked, and have what is in the air end instead of waiting again
UPDATE delivery
SET withdrawn = 'forgotten', payload = CASE WHEN kind = 'notice' OR state = 'sending' THEN payload END,
    state = CASE WHEN state = 'sending' THEN state WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END,
    reason = CASE WHEN state = 'sending' THEN reason ELSE 'forgotten' END,
    ended_at = CASE WHEN state = 'sending' THEN NULL ELSE clock_timestamp() END
WHERE recipient_id = $1 AND ended_at IS NULL AND kind <> 'answer'
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;

-- forget_attempts: what the messenger said about what was for somebody
UPDATE attempt SET detail = NULL
WHERE detail IS NOT NULL AND delivery_id IN (SELECT id FROM delivery WHERE recipient_id = $1);

-- forget_deliveries: what was for somebody holds nothing any more that leads to them or to their documents
UPDATE delivery
SET payload = CASE WHEN payload IS NOT NULL THEN 'null'::jsonb END, subscription_id = NULL, revision = NULL,
    message_reference = CASE WHEN message_reference IS NOT NULL THEN '' END, reach_by = NULL
WHERE recipient_id = $1 AND (kind <> 'answer' OR ended_at IS NOT NULL);

-- forget_confirmations: what was to be confirmed at their addresses
DELETE FROM confirmation c USING address a
WHERE a.recipient_id = $1 AND c.account = a.channel AND c.lookup = a.lookup;

-- forget_address: where somebody was reached, as a version before looks for it
UPDATE recipient SET lookup = $2, address = ''::bytea, key_id = '' WHERE id = $1;

-- forget_addresses: all of them
DELETE FROM address WHERE recipient_id = $1;

-- move_flying: what is not over yet for somebody is a guest's
UPDATE delivery SET recipient_id = $2, address_id = NULL WHERE recipient_id = $1 AND ended_at IS NULL;

-- delete_recipients: forget people
DELETE FROM recipient WHERE id = ANY ($1::uuid[]);

-- hold_taken: hold these notices, so that the next statement sees whether somebody else has told them once more
SELECT FROM delivery WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE;

-- follow: these notices were taken at an address and nothing says that they arrived, or they failed: each that is still
-- worth telling goes to the next address of its route as well, once: what was not heard of in time may fail afterwards
WITH taken AS MATERIALIZED (
    SELECT d.*, d.tried || coalesce(d.address_id, d.recipient_id) AS tried_now FROM delivery d
    WHERE d.id = ANY ($1::uuid[]) AND d.state = 'accepted' AND d.withdrawn IS NULL
      AND d.delivered_at IS NULL AND d.seen_at IS NULL AND d.expires_at > clock_timestamp()
      AND NOT EXISTS (
          SELECT FROM delivery newer
          WHERE newer.subscription_id = d.subscription_id AND newer.revision > d.revision
            AND newer.state <> 'withdrawn' OFFSET 0)
      AND NOT EXISTS (
          SELECT FROM delivery again
          WHERE again.follows = coalesce(d.follows, d.id)
            AND coalesce(d.address_id, d.recipient_id) = ANY (again.tried) OFFSET 0)
    FOR UPDATE
), settled AS (
    UPDATE delivery SET reach_by = NULL WHERE id = ANY ($1::uuid[])
)
INSERT INTO delivery (id, channel, address_id, recipient_id, kind, class, subscription_id, revision, payload,
                      created_at, expires_at, held, trace, state, follows, tried, actionable, may_repeat,
                      reach_within, reach_by)
SELECT gen_random_uuid(), n.channel, n.id, t.recipient_id, 'notice', t.class, t.subscription_id, t.revision,
       t.payload, t.created_at, t.expires_at, true, t.trace, 'pending', coalesce(t.follows, t.id), t.tried_now,
       t.actionable, t.may_repeat OR t.failed_at IS NULL, t.reach_within, clock_timestamp() + t.reach_within
FROM taken t
CROSS JOIN LATERAL next_address(t.recipient_id, t.tried_now, t.actionable, $2::text[], $3::text[]) n
RETURNING follows, channel;

-- end_followed: what was to tell these notices once more need not be told: they arrived
UPDATE delivery
SET state = CASE WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END, reason = 'arrived',
    ended_at = clock_timestamp()
WHERE follows = ANY ($1::uuid[]) AND state = 'pending'
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;
