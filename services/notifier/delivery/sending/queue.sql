-- What is done over and over passes by rows that somebody holds, and comes again; what must wait for rows holds them in
-- the order of their ids, so two never wait for each other. An ARRAY is asked for once, what stands in IN perhaps often.

-- forget_dialogues: those that have expired
DELETE FROM dialogue WHERE expires_at < clock_timestamp();

-- forget_withdrawals: those of notices that no stream holds any more
DELETE FROM withdrawn_notice WHERE stored_at < statement_timestamp() - interval '45 days';

-- hold_waiting: what waits while the account is refused is held back as a whole
UPDATE delivery SET held = true
WHERE id = ANY (ARRAY(
    SELECT id FROM delivery
    WHERE channel = $1 AND state = 'pending' AND class <> 0 AND NOT held
    ORDER BY id
    FOR UPDATE))
  AND state = 'pending';

-- lift: some of what has waited for 15 minutes goes with the urgent, oldest first, so that nobody starves; while an
-- account is held back all of it waits alike
UPDATE delivery SET class = 1
WHERE id = ANY (ARRAY(
    SELECT id FROM delivery
    WHERE channel = $1 AND state = 'pending' AND class = 2 AND due_at <= clock_timestamp()
      AND created_at < clock_timestamp() - interval '15 minutes'
      AND NOT EXISTS (SELECT FROM account WHERE name = $1 AND paused_at IS NOT NULL)
    ORDER BY seq
    LIMIT $2
    FOR UPDATE SKIP LOCKED))
  AND state = 'pending';

-- end_held: of what was held back, or has waited for 10 minutes, only the newest of a subscription goes out
UPDATE delivery d
SET state = 'superseded', reason = 'newer_waits', ended_at = clock_timestamp()
WHERE d.id = ANY (ARRAY(
    SELECT old.id FROM delivery old
    WHERE old.channel = $1 AND old.state = 'pending' AND old.kind = 'notice' AND old.unknowns = 0
      AND old.due_at <= clock_timestamp()
      AND (old.held OR old.created_at < clock_timestamp() - interval '10 minutes')
      AND EXISTS (
          SELECT FROM delivery newer
          WHERE newer.subscription_id = old.subscription_id AND newer.revision > old.revision
            AND coalesce(newer.state, '') = 'pending' AND newer.expires_at > clock_timestamp())
    FOR UPDATE SKIP LOCKED))
  AND d.state = 'pending'
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.channel, d.trace, d.follows;

-- claim: the attempts that may be made now, at most one a recipient, written down before they are made
-- OFFSET 0 keeps each question one that is asked of a row by its index, and of one row after the other in the
-- order of the queue, until there are enough: joins in an order that suits a queue which was empty when it was last
-- counted took minutes. MATERIALIZED keeps the great cost that the planner sees in the questions out of its choice
-- how to find the rows of the answers, for differences of less than a hundredth are none to it.
WITH held AS (
    SELECT token FROM lease
    WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp()
    FOR SHARE
), allowed AS (
    -- While operators hold an account back, citizens are answered and nobody else is written to.
    SELECT CASE WHEN EXISTS (SELECT FROM account WHERE name = $3 AND paused_at IS NOT NULL)
                THEN 0::smallint ELSE $5::smallint END AS most
), due AS MATERIALIZED (
    -- One instant for the whole statement: a resend must not fall due between two looks at it.
    SELECT d.id
    FROM (
        SELECT * FROM delivery WHERE channel = $3 AND state = 'pending' AND class <= (SELECT most FROM allowed)
        ORDER BY class, seq OFFSET 0) d
    WHERE d.due_at <= statement_timestamp() AND d.expires_at > statement_timestamp()
      AND d.recipient_id <> ALL ($6::uuid[])
      AND NOT EXISTS (
          SELECT FROM delivery flying
          WHERE flying.recipient_id = d.recipient_id AND flying.state = 'sending' OFFSET 0)
      AND d.id = (
          SELECT first.id FROM delivery first
          WHERE first.recipient_id = d.recipient_id AND first.ended_at IS NULL AND first.state <> 'sending'
            AND ((first.unknowns = 0 AND NOT first.unpaid) OR first.due_at <= statement_timestamp())
            -- What stands at another account goes first too, but holds nobody up for long where that one is stuck.
            AND (first.channel = $3 OR (first.due_at > statement_timestamp() - interval '1 minute'
                                        AND first.created_at > statement_timestamp() - interval '10 minutes'))
          ORDER BY first.class <> 0, first.seq
          LIMIT 1)
      AND NOT EXISTS (
          SELECT FROM delivery newer
          WHERE newer.subscription_id = d.subscription_id AND newer.revision > d.revision
            AND (newer.state IN ('sending', 'accepted') OR newer.unknowns > 0) OFFSET 0)
      AND (d.kind = 'answer' OR d.unknowns > 0
           OR NOT (d.held OR d.created_at < statement_timestamp() - interval '10 minutes')
           OR NOT EXISTS (
              SELECT FROM delivery newer
              WHERE newer.subscription_id = d.subscription_id AND newer.revision > d.revision
                AND coalesce(newer.state, '') = 'pending'
                AND newer.expires_at > statement_timestamp() OFFSET 0))
      AND EXISTS (
          SELECT FROM address a
          WHERE a.id = coalesce(d.address_id, d.recipient_id) AND a.unreachable_since IS NULL OFFSET 0)
    LIMIT $4
), claimed AS (
    UPDATE delivery d SET state = 'sending', token = held.token, attempts = d.attempts + 1
    FROM (SELECT id FROM due ORDER BY id) AS due, held
    WHERE d.id = due.id AND d.id = ANY (ARRAY(SELECT id FROM due)) AND coalesce(d.state = 'pending', false)
    RETURNING d.*
), noted AS (
    INSERT INTO attempt (delivery_id, number, token, started_at)
    SELECT id, attempts, token, clock_timestamp() FROM claimed
)
SELECT c.id, c.kind, c.class, c.payload, c.attempts, c.unknowns, c.plain, c.subscription_id, c.revision, c.held,
       c.trace, c.created_at, c.actionable, c.tried IS NOT NULL AS moved, c.may_repeat,
       r.id AS recipient_id, r.language, a.id AS address_id, a.address, a.key_id, a.detail,
       coalesce(a.session_from, a.heard_at) AS session_from, r.time_zone, r.quiet_from, r.quiet_until,
       r.personal, r.personal_key_id,
       EXISTS (
          SELECT FROM delivery older
          WHERE older.recipient_id = c.recipient_id AND older.ended_at IS NULL
            AND older.subscription_id = c.subscription_id AND older.revision < c.revision OFFSET 0) AS overtakes
FROM claimed c
CROSS JOIN LATERAL (SELECT * FROM recipient WHERE id = c.recipient_id OFFSET 0) r
CROSS JOIN LATERAL (SELECT * FROM address WHERE id = coalesce(c.address_id, c.recipient_id) OFFSET 0) a
ORDER BY c.class, c.seq;

-- adrift: attempts that nobody makes any more: a former owner's, or ours whose claim's answer was lost
SELECT id, attempts, unknowns, plain, actionable, tried IS NOT NULL AS moved, recipient_id,
       coalesce(address_id, recipient_id) AS address_id, token = $2 AS ours
FROM delivery
WHERE channel = $1 AND state = 'sending' AND id <> ALL ($3::uuid[]);

-- record: what came of attempts, where the lease is held and the attempt is still the one in the air; what goes
-- `onward` waits at the next address of its route, if there is one
WITH held AS (
    SELECT token FROM lease WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp()
), given AS (
    SELECT * FROM unnest($3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::float8[],
                         $9::smallint[], $10::boolean[], $11::boolean[], $12::boolean[], $13::text[], $14::text[],
                         $15::boolean[])
        AS given (id, number, state, reason, reference, wait, unknowns, plain, held, unpaid, result, detail, onward)
), routed AS MATERIALIZED (
    SELECT given.id, n.id AS next_id, n.channel, d.tried || coalesce(d.address_id, d.recipient_id) AS tried
    FROM given
    JOIN LATERAL (SELECT * FROM delivery WHERE id = given.id OFFSET 0) d
         ON d.state = 'sending' AND d.attempts = given.number
    LEFT JOIN joined_recipient j ON j.id = d.recipient_id
    CROSS JOIN LATERAL next_address(coalesce(j.into_id, d.recipient_id),
                                    d.tried || coalesce(d.address_id, d.recipient_id), d.actionable,
                                    $16::text[], $17::text[]) n
    WHERE given.onward AND d.kind <> 'answer' AND d.withdrawn IS NULL AND d.expires_at > clock_timestamp()
), changed AS (
    UPDATE delivery d
    SET state = CASE WHEN r.id IS NOT NULL THEN 'pending'
                     WHEN given.state <> 'pending' OR d.withdrawn IS NULL THEN given.state
                     WHEN given.unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END,
        reason = CASE WHEN r.id IS NOT NULL THEN NULL WHEN given.state = 'pending' THEN d.withdrawn
                      ELSE given.reason END,
        message_reference = given.reference, unknowns = given.unknowns, plain = given.plain AND r.id IS NULL,
        held = d.held OR (given.held AND r.id IS NULL), unpaid = given.unpaid AND r.id IS NULL, token = NULL,
        due_at = clock_timestamp() + make_interval(secs => CASE WHEN r.id IS NULL THEN given.wait ELSE 0 END),
        ended_at = CASE WHEN r.id IS NULL AND (given.state <> 'pending' OR d.withdrawn IS NOT NULL)
                        THEN clock_timestamp() END,
        payload = CASE WHEN d.kind = 'notice' OR given.state = 'pending' THEN d.payload END,
        address_id = coalesce(r.next_id, d.address_id), channel = coalesce(r.channel, d.channel),
        tried = coalesce(r.tried, d.tried),
        may_repeat = d.may_repeat OR (r.id IS NOT NULL AND given.unknowns > 0),
        reach_by = CASE WHEN d.reach_within IS NULL THEN NULL
                        WHEN r.id IS NOT NULL THEN clock_timestamp() + d.reach_within
                        WHEN given.state = 'accepted' AND $18 THEN clock_timestamp() + d.reach_within
                        WHEN given.state <> 'pending' OR d.withdrawn IS NOT NULL THEN NULL
                        WHEN given.held AND given.wait > 0
                        THEN clock_timestamp() + make_interval(secs => given.wait) + d.reach_within
                        ELSE d.reach_by END
    FROM given LEFT JOIN routed r ON r.id = given.id, held
    WHERE d.id = given.id AND d.id = ANY ($3::uuid[]) AND d.state = 'sending' AND d.attempts = given.number
    RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.channel, d.trace, d.follows,
              r.channel AS moved_to
), noted AS (
    UPDATE attempt a SET finished_at = clock_timestamp(), result = given.result, detail = given.detail
    FROM given JOIN changed ON changed.id = given.id
    WHERE a.delivery_id = given.id AND a.delivery_id = ANY ($3::uuid[]) AND a.number = given.number
)
SELECT * FROM changed;

-- lease_held: whether the token is still the one that counts
SELECT EXISTS (SELECT FROM lease WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp());

-- end_expired: end what is not worth sending any more; unknown where an attempt may have arrived
UPDATE delivery
SET state = CASE WHEN unknowns > 0 THEN 'unknown' ELSE 'expired' END, reason = 'expired',
    ended_at = clock_timestamp(), payload = CASE WHEN kind = 'notice' THEN payload END
WHERE id = ANY (ARRAY(
    SELECT id FROM delivery
    WHERE channel = $1 AND state = 'pending' AND expires_at <= clock_timestamp()
    LIMIT $2
    FOR UPDATE SKIP LOCKED))
  AND state = 'pending'
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;

-- end_overtaken: end what is older than something that was attempted for the same subscription
UPDATE delivery d
SET state = CASE WHEN d.unknowns > 0 THEN 'unknown' ELSE 'superseded' END, reason = 'newer_attempted',
    ended_at = clock_timestamp(), payload = CASE WHEN d.kind = 'notice' THEN d.payload END
WHERE d.id = ANY (ARRAY(
    SELECT old.id FROM delivery old
    WHERE old.channel = $1 AND old.state = 'pending' AND old.revision IS NOT NULL AND EXISTS (
        SELECT FROM delivery newer
        WHERE newer.subscription_id = old.subscription_id AND newer.revision > old.revision
          AND (newer.state IN ('sending', 'accepted') OR newer.unknowns > 0))
    FOR UPDATE SKIP LOCKED))
  AND d.state = 'pending'
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.channel, d.trace, d.follows;

-- stranded: for whom something waits at an address that cannot be written to, or is theirs no more
SELECT DISTINCT d.recipient_id
FROM delivery d LEFT JOIN address a ON a.id = coalesce(d.address_id, d.recipient_id)
WHERE d.channel = $1 AND d.state = 'pending' AND (a.id IS NULL OR a.unreachable_since IS NOT NULL)
LIMIT $2;

-- move_on: what waits at an address for longer than its stage allows goes to the next one of its route, also where it is
-- to be tried again here some time later; where there is none it waits on. What is kept back on purpose has its time after
-- that.
WITH late AS MATERIALIZED (
    SELECT d.id, d.recipient_id, d.actionable, d.tried || coalesce(d.address_id, d.recipient_id) AS tried
    FROM delivery d
    WHERE d.channel = $1 AND d.reach_by <= clock_timestamp() AND d.state = 'pending' AND d.unknowns = 0
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), routed AS MATERIALIZED (
    SELECT late.id, late.tried, n.id AS next_id, n.channel
    FROM late
    LEFT JOIN LATERAL next_address(late.recipient_id, late.tried, late.actionable, $3::text[], $4::text[]) n ON true
)
UPDATE delivery d
SET address_id = coalesce(r.next_id, d.address_id), channel = coalesce(r.channel, d.channel),
    tried = CASE WHEN r.next_id IS NULL THEN d.tried ELSE r.tried END,
    plain = d.plain AND r.next_id IS NULL,
    due_at = CASE WHEN r.next_id IS NULL THEN d.due_at ELSE clock_timestamp() END,
    reach_by = CASE WHEN r.next_id IS NOT NULL THEN clock_timestamp() + d.reach_within END
FROM routed r
WHERE d.id = r.id AND d.state = 'pending'
RETURNING d.id, r.channel AS moved_to;

-- leave: what waits at an account that nobody serves goes to the next address of its route; where there is none it waits on
WITH waiting AS MATERIALIZED (
    SELECT d.id, d.tried || coalesce(d.address_id, d.recipient_id) AS tried, n.id AS next_id, n.channel
    FROM delivery d
    CROSS JOIN LATERAL next_address(d.recipient_id, d.tried || coalesce(d.address_id, d.recipient_id), d.actionable,
                                    $3::text[], $4::text[]) n
    WHERE d.channel = $1 AND coalesce(d.state, '') = 'pending' AND d.kind <> 'answer'
      AND (d.unknowns = 0 OR d.actionable)
    LIMIT $2
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery d
SET address_id = w.next_id, channel = w.channel, tried = w.tried, plain = false, unpaid = false,
    may_repeat = d.may_repeat OR d.unknowns > 0,
    due_at = CASE WHEN d.held AND NOT d.unpaid THEN d.due_at ELSE clock_timestamp() END,
    reach_by = CASE WHEN d.unpaid THEN clock_timestamp() ELSE greatest(d.due_at, clock_timestamp()) END + d.reach_within
FROM waiting w
WHERE d.id = w.id AND coalesce(d.state, '') = 'pending'
RETURNING d.id, w.channel AS moved_to;

-- unheard: notices that an address took and of which nothing was heard in time
SELECT id FROM delivery
WHERE channel = $1 AND reach_by <= clock_timestamp() AND state = 'accepted'
ORDER BY id
LIMIT $2;
