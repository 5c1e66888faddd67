-- forget_dialogues: those that have expired
DELETE FROM dialogue WHERE expires_at < clock_timestamp();

-- forget_withdrawals: those of notices that no stream holds any more
DELETE FROM withdrawn_notice WHERE stored_at < clock_timestamp() - interval '45 days';

-- hold_waiting: what waits while the account is refused is held back as a whole
UPDATE delivery SET held = true WHERE channel = $1 AND state = 'pending' AND class <> 0 AND NOT held;

-- lift: some of what has waited for 15 minutes goes with the urgent, oldest first, so that nobody starves
UPDATE delivery SET class = 1
WHERE id IN (
    SELECT id FROM delivery
    WHERE channel = $1 AND state = 'pending' AND class = 2 AND due_at <= clock_timestamp()
      AND created_at < clock_timestamp() - interval '15 minutes'
    ORDER BY seq
    LIMIT $2)
  AND state = 'pending';

-- end_held: of what was held back, or has waited for 10 minutes, only the newest of a subscription goes out
UPDATE delivery d
SET state = 'superseded', reason = 'newer_waits', ended_at = clock_timestamp()
WHERE d.channel = $1 AND d.state = 'pending' AND d.kind = 'notice' AND d.unknowns = 0
  AND d.due_at <= clock_timestamp()
  AND (d.held OR d.created_at < clock_timestamp() - interval '10 minutes')
  AND EXISTS (
      SELECT FROM delivery newer
      WHERE newer.subscription_id = d.subscription_id AND newer.revision > d.revision
        AND coalesce(newer.state, '') = 'pending' AND newer.expires_at > clock_timestamp())
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.trace;

-- claim: the attempts that may be made now, at most one a recipient, written down before they are made
-- OFFSET 0 keeps each question one that is asked of a row by its index, and of one row after the other in the
-- order of the queue, until there are enough: joins in an order that suits a queue which was empty when it was last
-- counted took minutes. MATERIALIZED keeps the great cost that the planner sees in the questions out of its choice
-- how to find the rows of the answers, for differences of less than a hundredth are none to it.
WITH held AS (
    SELECT token FROM lease
    WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp()
    FOR SHARE
), due AS MATERIALIZED (
    -- One instant for the whole statement: a resend must not fall due between two looks at it.
    SELECT d.id
    FROM (
        SELECT * FROM delivery WHERE channel = $3 AND state = 'pending' AND class <= $5
        ORDER BY class, seq OFFSET 0) d
    WHERE d.due_at <= statement_timestamp() AND d.expires_at > statement_timestamp()
      AND d.recipient_id <> ALL ($6::uuid[])
      AND NOT EXISTS (
          SELECT FROM delivery flying
          WHERE flying.recipient_id = d.recipient_id AND flying.state = 'sending' OFFSET 0)
      AND d.id = (
          SELECT first.id FROM delivery first
          WHERE first.recipient_id = d.recipient_id AND first.ended_at IS NULL AND first.state <> 'sending'
            AND (first.unknowns = 0 OR first.due_at <= statement_timestamp())
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
      AND NOT EXISTS (
          SELECT FROM recipient r WHERE r.id = d.recipient_id AND r.unreachable_since IS NOT NULL OFFSET 0)
    LIMIT $4
), claimed AS (
    UPDATE delivery d SET state = 'sending', token = held.token, attempts = d.attempts + 1
    FROM due, held
    WHERE d.id = due.id AND coalesce(d.state, '') = 'pending'
    RETURNING d.*
), noted AS (
    INSERT INTO attempt (delivery_id, number, token, started_at)
    SELECT id, attempts, token, clock_timestamp() FROM claimed
)
SELECT c.id, c.kind, c.class, c.payload, c.attempts, c.unknowns, c.plain, c.subscription_id, c.revision, c.held,
       c.trace, c.created_at,
       r.id AS recipient_id, r.language, r.address, r.key_id, r.time_zone, r.quiet_from, r.quiet_until,
       r.personal, r.personal_key_id,
       EXISTS (
          SELECT FROM delivery older
          WHERE older.recipient_id = c.recipient_id AND older.ended_at IS NULL
            AND older.subscription_id = c.subscription_id AND older.revision < c.revision OFFSET 0) AS overtakes
FROM claimed c JOIN recipient r ON r.id = c.recipient_id
ORDER BY c.class, c.seq;

-- adrift: attempts that nobody makes any more: a former owner's, or ours whose claim's answer was lost
SELECT id, attempts, unknowns, plain, recipient_id, token = $2 AS ours FROM delivery
WHERE channel = $1 AND state = 'sending' AND id <> ALL ($3::uuid[]);

-- record: what came of attempts, where the lease is held and the attempt is still the one in the air
WITH held AS (
    SELECT token FROM lease WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp()
), given AS (
    SELECT * FROM unnest($3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::float8[],
                         $9::smallint[], $10::boolean[], $11::boolean[], $12::text[], $13::text[])
        AS given (id, number, state, reason, reference, wait, unknowns, plain, held, result, detail)
), changed AS (
    UPDATE delivery d
    SET state = CASE WHEN given.state <> 'pending' OR d.withdrawn IS NULL THEN given.state
                     WHEN given.unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END,
        reason = CASE WHEN given.state = 'pending' THEN d.withdrawn ELSE given.reason END,
        message_reference = given.reference, unknowns = given.unknowns, plain = given.plain,
        held = d.held OR given.held, token = NULL,
        due_at = clock_timestamp() + make_interval(secs => given.wait),
        ended_at = CASE WHEN given.state <> 'pending' OR d.withdrawn IS NOT NULL THEN clock_timestamp() END,
        payload = CASE WHEN d.kind = 'notice' OR given.state = 'pending' THEN d.payload END
    FROM given, held
    WHERE d.id = given.id AND d.state = 'sending' AND d.attempts = given.number
    RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.trace
), noted AS (
    UPDATE attempt a SET finished_at = clock_timestamp(), result = given.result, detail = given.detail
    FROM given JOIN changed ON changed.id = given.id
    WHERE a.delivery_id = given.id AND a.number = given.number
)
SELECT * FROM changed;

-- lease_held: whether the token is still the one that counts
SELECT EXISTS (SELECT FROM lease WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp());

-- end_expired: end what is not worth sending any more; unknown where an attempt may have arrived
UPDATE delivery
SET state = CASE WHEN unknowns > 0 THEN 'unknown' ELSE 'expired' END, reason = 'expired',
    ended_at = clock_timestamp(), payload = CASE WHEN kind = 'notice' THEN payload END
WHERE id IN (
    SELECT id FROM delivery
    WHERE channel = $1 AND state = 'pending' AND expires_at <= clock_timestamp()
    LIMIT $2)
  AND state = 'pending'
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, trace;

-- end_overtaken: end what is older than something that was attempted for the same subscription
UPDATE delivery d
SET state = CASE WHEN d.unknowns > 0 THEN 'unknown' ELSE 'superseded' END, reason = 'newer_attempted',
    ended_at = clock_timestamp(), payload = CASE WHEN d.kind = 'notice' THEN d.payload END
WHERE d.channel = $1 AND d.state = 'pending' AND d.revision IS NOT NULL AND EXISTS (
    SELECT FROM delivery newer
    WHERE newer.subscription_id = d.subscription_id AND newer.revision > d.revision
      AND (newer.state IN ('sending', 'accepted') OR newer.unknowns > 0))
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.trace;

-- end_unreachable: end everything that waits for people who cannot be written to
UPDATE delivery d
SET state = CASE WHEN d.unknowns > 0 THEN 'unknown' ELSE 'undeliverable' END, reason = r.unreachable_reason,
    ended_at = clock_timestamp(), payload = CASE WHEN d.kind = 'notice' THEN d.payload END
FROM recipient r
WHERE d.channel = $1 AND d.state = 'pending' AND r.id = d.recipient_id AND r.unreachable_since IS NOT NULL
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.trace;
