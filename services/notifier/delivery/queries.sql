-- store_notices: keep notices as deliveries, in order; what cannot be sent ends here and is returned
INSERT INTO delivery (id, channel, recipient_id, kind, class, subscription_id, revision, payload,
                      created_at, expires_at, due_at, held, trace, state, reason, ended_at)
SELECT given.id, r.channel, r.id, 'notice', given.class, given.subscription_id, given.revision, given.payload,
       given.created_at, given.expires_at, coalesce(given.due_at, clock_timestamp()), given.due_at IS NOT NULL,
       given.trace,
       CASE WHEN r.id IS NULL OR w.notice_id IS NOT NULL THEN 'withdrawn'
            WHEN r.unreachable_since IS NOT NULL THEN 'undeliverable'
            ELSE 'pending' END,
       CASE WHEN w.notice_id IS NOT NULL THEN w.reason
            WHEN r.id IS NULL THEN 'unknown_recipient'
            ELSE r.unreachable_reason END,
       CASE WHEN r.id IS NULL OR w.notice_id IS NOT NULL OR r.unreachable_since IS NOT NULL
            THEN clock_timestamp() END
FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::bigint[], $6::jsonb[],
            $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[]) WITH ORDINALITY
     AS given (id, recipient_id, class, subscription_id, revision, payload, created_at, expires_at, due_at,
               trace, place)
LEFT JOIN recipient r ON r.id = given.recipient_id AND r.consented_at IS NOT NULL
LEFT JOIN withdrawn_notice w ON w.notice_id = given.id
ORDER BY given.place
ON CONFLICT (id) DO NOTHING
RETURNING id, kind, state, reason, attempts, ended_at, trace;

-- late_of: to which subscriptions a notice came after a newer one
SELECT DISTINCT given.subscription_id
FROM unnest($1::uuid[], $2::bigint[]) AS given (subscription_id, revision)
WHERE EXISTS (
    SELECT FROM delivery newer
    WHERE newer.subscription_id = given.subscription_id AND newer.revision > given.revision OFFSET 0);

-- put_in_line: what waits for a subscription goes out in the order of its revisions, however it came
-- How much waits changes faster than statistics do, and the planner takes the small indexes of it for nearly empty
-- when they are not: here and below coalesce keeps them from being read in place of a row's own.
WITH mixed AS MATERIALIZED (
    SELECT DISTINCT late.subscription_id FROM delivery late
    WHERE late.subscription_id = ANY ($1::uuid[]) AND late.revision IS NOT NULL
      AND coalesce(late.state, '') = 'pending' AND late.kind = 'notice'
      AND EXISTS (
          SELECT FROM delivery early
          WHERE early.subscription_id = late.subscription_id
            AND early.revision > late.revision AND early.seq < late.seq
            AND coalesce(early.state, '') = 'pending' AND early.kind = 'notice' OFFSET 0)
), held AS (
    SELECT id, subscription_id, revision, seq FROM delivery
    WHERE subscription_id = ANY (ARRAY(SELECT subscription_id FROM mixed))
      AND coalesce(state, '') = 'pending' AND kind = 'notice' AND revision IS NOT NULL
    FOR UPDATE
), line AS (
    SELECT id, subscription_id, seq,
           row_number() OVER (PARTITION BY subscription_id ORDER BY revision, seq) AS place,
           row_number() OVER (PARTITION BY subscription_id ORDER BY seq) AS place_taken
    FROM held
)
UPDATE delivery d SET seq = taken.seq
FROM line JOIN line taken ON taken.subscription_id = line.subscription_id AND taken.place_taken = line.place
WHERE d.id = line.id AND line.seq <> taken.seq;

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
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, trace;

-- forget_withdrawals: those of notices that no stream holds any more
DELETE FROM withdrawn_notice WHERE stored_at < clock_timestamp() - interval '45 days';

-- store_answers: keep what is to be answered, in order
INSERT INTO delivery (id, channel, recipient_id, kind, class, subscription_id, revision, payload,
                      created_at, expires_at, trace, state)
SELECT given.id, $1, $2, 'answer', 0, given.subscription_id, given.revision, given.payload,
       clock_timestamp(), clock_timestamp() + $3::interval, $8, 'pending'
FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::jsonb[]) WITH ORDINALITY
     AS given (id, subscription_id, revision, payload, place)
ORDER BY given.place
ON CONFLICT (id) DO NOTHING;

-- quiet_of: when these people are not to be woken, where they have hours or a zone of their own
SELECT id, time_zone, quiet_from, quiet_until FROM recipient
WHERE id = ANY ($1::uuid[]) AND (time_zone IS NOT NULL OR quiet_from IS NOT NULL);

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

-- wake_sender: tell whoever sends that there is something to send, once this commits
SELECT pg_notify('docwatch_notifier', '');

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

-- end_overtaken_of: the same for a few subscriptions, of which something was just attempted
UPDATE delivery d
SET state = CASE WHEN d.unknowns > 0 THEN 'unknown' ELSE 'superseded' END, reason = 'newer_attempted',
    ended_at = clock_timestamp(), payload = CASE WHEN d.kind = 'notice' THEN d.payload END
WHERE d.subscription_id = ANY ($1::uuid[]) AND d.revision IS NOT NULL
  AND coalesce(d.state, '') = 'pending' AND EXISTS (
    SELECT FROM delivery newer
    WHERE newer.subscription_id = d.subscription_id AND newer.revision > d.revision
      AND (newer.state IN ('sending', 'accepted') OR newer.unknowns > 0) OFFSET 0)
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.trace;

-- end_unreachable: end everything that waits for people who cannot be written to
UPDATE delivery d
SET state = CASE WHEN d.unknowns > 0 THEN 'unknown' ELSE 'undeliverable' END, reason = r.unreachable_reason,
    ended_at = clock_timestamp(), payload = CASE WHEN d.kind = 'notice' THEN d.payload END
FROM recipient r
WHERE d.channel = $1 AND d.state = 'pending' AND r.id = d.recipient_id AND r.unreachable_since IS NOT NULL
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.trace;

-- end_unreachable_of: the same for a few people
WITH waiting AS MATERIALIZED (
    SELECT d.id, r.unreachable_reason
    FROM unnest($1::uuid[]) AS given (id)
    CROSS JOIN LATERAL (SELECT * FROM recipient WHERE id = given.id AND unreachable_since IS NOT NULL OFFSET 0) r
    CROSS JOIN LATERAL (
        SELECT id FROM delivery
        WHERE recipient_id = r.id AND ended_at IS NULL AND state <> 'sending' OFFSET 0) d
)
UPDATE delivery d
SET state = CASE WHEN d.unknowns > 0 THEN 'unknown' ELSE 'undeliverable' END, reason = w.unreachable_reason,
    ended_at = clock_timestamp(), payload = CASE WHEN d.kind = 'notice' THEN d.payload END
FROM waiting w
WHERE d.id = w.id AND coalesce(d.state, '') = 'pending'
RETURNING d.id, d.kind, d.state, d.reason, d.attempts, d.ended_at, d.recipient_id, d.trace;

-- count_open: how many deliveries wait, by class
SELECT class, count(*) AS waiting
FROM (SELECT class FROM delivery WHERE state = 'pending'
      UNION ALL
      SELECT class FROM delivery WHERE state = 'sending') AS open
GROUP BY class;

-- find_recipient: who has an address, by its look-up value under any key
SELECT r.id, r.key_id, r.language, r.consented_at, r.time_zone, r.quiet_from, r.quiet_until, r.personal,
       r.personal_key_id, d.awaits, d.subscription_id AS awaits_for
FROM recipient r LEFT JOIN dialogue d ON d.recipient_id = r.id AND d.expires_at > clock_timestamp()
WHERE r.channel = $1 AND r.lookup = ANY ($2::bytea[]);

-- touch_recipient: somebody on record can be reached again
UPDATE recipient
SET heard_at = greatest(heard_at, $2), unreachable_since = NULL, unreachable_reason = NULL
WHERE id = $1
RETURNING true;

-- sealed_otherwise: some addresses that are not under the current key
SELECT id, channel, address, key_id FROM recipient
WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT $3;

-- reseal: an address under another key, unless it was changed meanwhile
UPDATE recipient SET lookup = $3, address = $4, key_id = $5 WHERE id = $1 AND address = $2 RETURNING true;

-- answers_otherwise: some answers that wait and are not under the current key, or in clear
SELECT id, payload FROM delivery
WHERE kind = 'answer' AND ended_at IS NULL AND payload ->> 'key' IS DISTINCT FROM $1 AND id > $2
ORDER BY id LIMIT $3;

-- reseal_answer: an answer under another key, unless it ended or was changed meanwhile
UPDATE delivery SET payload = $3 WHERE id = $1 AND payload = $2 AND ended_at IS NULL RETURNING true;

-- count_by_key: how many addresses, private choices and waiting answers are under each key
SELECT key_id, count(*) AS people
FROM (SELECT key_id FROM recipient
      UNION ALL SELECT personal_key_id FROM recipient WHERE personal IS NOT NULL
      UNION ALL SELECT coalesce(payload ->> 'key', '(in clear)') FROM delivery
                WHERE kind = 'answer' AND ended_at IS NULL) AS sealed
GROUP BY key_id;

-- put_recipient: know somebody, and that they can be reached again
INSERT INTO recipient AS r (id, channel, lookup, address, key_id, language, heard_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel, lookup) DO UPDATE
SET heard_at = greatest(r.heard_at, excluded.heard_at), unreachable_since = NULL, unreachable_reason = NULL
RETURNING r.id;

-- consent: note that a recipient agreed to be written to, by which update, in which language
UPDATE recipient
SET consented_at = coalesce(consented_at, $2), consented_by = coalesce(consented_by, $3), language = $4
WHERE id = $1
RETURNING consented_at;

-- take_consent_back: undo a consent that this very update gave
UPDATE recipient SET consented_at = NULL, consented_by = NULL WHERE id = $1 AND consented_by = $2;

-- mark_unreachable: note that people cannot be written to, and why
UPDATE recipient r SET unreachable_since = clock_timestamp(), unreachable_reason = given.reason
FROM unnest($1::uuid[], $2::text[]) AS given (id, reason)
WHERE r.id = given.id AND r.unreachable_since IS NULL;

-- mark_blocked: the same, told by the citizen's messenger; not where they wrote to us since
UPDATE recipient SET unreachable_since = clock_timestamp(), unreachable_reason = $3
WHERE id = $1 AND heard_at <= $2 AND unreachable_since IS NULL
RETURNING id;

-- move_recipient: a chat has another address now; nothing where that one is known already
UPDATE recipient SET lookup = $2, address = $3, key_id = $4
WHERE id = $1 AND NOT EXISTS (
    SELECT FROM recipient other WHERE other.channel = recipient.channel AND other.lookup = $2)
RETURNING id;

-- forget_waiting: end all notices that wait for somebody, and have those in the air end instead of waiting again
UPDATE delivery
SET withdrawn = 'forgotten',
    state = CASE WHEN state = 'sending' THEN state WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END,
    reason = CASE WHEN state = 'sending' THEN reason ELSE 'forgotten' END,
    ended_at = CASE WHEN state = 'sending' THEN NULL ELSE clock_timestamp() END
WHERE recipient_id = $1 AND ended_at IS NULL AND kind = 'notice'
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, trace;

-- forget_attempts: what the messenger said about what was for somebody
UPDATE attempt SET detail = NULL
WHERE detail IS NOT NULL AND delivery_id IN (SELECT id FROM delivery WHERE recipient_id = $1);

-- forget_deliveries: what was for somebody holds nothing any more that leads to them or to their documents
UPDATE delivery
SET payload = CASE WHEN payload IS NOT NULL THEN 'null'::jsonb END, subscription_id = NULL, revision = NULL,
    message_reference = CASE WHEN message_reference IS NOT NULL THEN '' END
WHERE recipient_id = $1 AND (kind = 'notice' OR ended_at IS NOT NULL);

-- forget_address: an address that belongs to nobody
UPDATE recipient SET lookup = $2, address = ''::bytea, key_id = '' WHERE id = $1;

-- move_flying: what is not over yet for somebody is a guest's
UPDATE delivery SET recipient_id = $2 WHERE recipient_id = $1 AND ended_at IS NULL;

-- lock_guests: hold people without consent, so that the next statement sees everything that waits for them
SELECT id FROM recipient WHERE id = ANY ($1::uuid[]) AND consented_at IS NULL ORDER BY id FOR UPDATE;

-- idle_guests: of these, those for whom nothing waits
SELECT r.id FROM recipient r
WHERE r.id = ANY ($1::uuid[]) AND NOT EXISTS (
    SELECT FROM delivery d WHERE d.recipient_id = r.id AND d.state IN ('pending', 'sending'))
  AND NOT EXISTS (SELECT FROM picture p WHERE p.recipient_id = r.id);

-- delete_answers: forget what was answered to people
DELETE FROM delivery WHERE recipient_id = ANY ($1::uuid[]) AND kind = 'answer';

-- delete_recipients: forget people
DELETE FROM recipient WHERE id = ANY ($1::uuid[]);

-- read_offset: up to where a channel's updates are dealt with; none after a long silence, when numbers restart
SELECT update_id FROM channel_offset WHERE channel = $1 AND moved_at > clock_timestamp() - interval '6 days';

-- handled: which of these updates are dealt with already
SELECT given.id AS update_id FROM unnest($2::bigint[]) AS given (id)
WHERE EXISTS (SELECT FROM handled_update h WHERE h.channel = $1 AND h.update_id = given.id)
   OR EXISTS (SELECT FROM channel_offset o
              WHERE o.channel = $1 AND o.update_id >= given.id
                AND o.moved_at > clock_timestamp() - interval '6 days');

-- mark_handled: note that an update is dealt with; nothing where somebody else was first
INSERT INTO handled_update (channel, update_id)
SELECT $1, $2
WHERE NOT EXISTS (SELECT FROM channel_offset o
                  WHERE o.channel = $1 AND o.update_id >= $2
                    AND o.moved_at > clock_timestamp() - interval '6 days')
ON CONFLICT DO NOTHING RETURNING update_id;

-- advance_offset: everything up to an update is dealt with
INSERT INTO channel_offset AS o (channel, update_id) VALUES ($1, $2)
ON CONFLICT (channel) DO UPDATE
SET update_id = CASE WHEN o.moved_at > clock_timestamp() - interval '6 days'
                     THEN greatest(o.update_id, excluded.update_id) ELSE excluded.update_id END,
    moved_at = excluded.moved_at;

-- forget_handled: single marks that the offset has passed
DELETE FROM handled_update WHERE channel = $1 AND update_id <= $2;

-- forget_old_handled: marks older than the messenger repeats an update, where nothing moves the offset
DELETE FROM handled_update WHERE channel = $1 AND handled_at < clock_timestamp() - interval '3 days';
