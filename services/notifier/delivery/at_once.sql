-- claim_stored: of what this transaction stored, the attempts that may be made at once: nothing else goes first, nor is
-- anything in the air; nobody else sees these rows, so nobody waits for them
WITH held AS (
    SELECT token FROM lease
    WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp()
    FOR SHARE
), ready AS MATERIALIZED (
    SELECT d.id
    FROM unnest($7::uuid[]) AS given (id)
    CROSS JOIN LATERAL (SELECT * FROM delivery WHERE id = given.id OFFSET 0) d
    WHERE d.channel = $3 AND d.state = 'pending' AND d.class <= $5::smallint AND NOT d.held
      AND d.due_at <= statement_timestamp() AND d.expires_at > statement_timestamp()
      AND d.created_at > statement_timestamp() - interval '10 minutes'
      AND d.recipient_id <> ALL ($6::uuid[])
      AND (d.class = 0 OR NOT EXISTS (SELECT FROM account WHERE name = $3 AND paused_at IS NOT NULL))
      AND NOT EXISTS (
          SELECT FROM delivery flying
          WHERE flying.recipient_id = d.recipient_id AND flying.state = 'sending' OFFSET 0)
      AND d.id = (
          SELECT first.id FROM delivery first
          WHERE first.recipient_id = d.recipient_id AND first.ended_at IS NULL AND first.state <> 'sending'
          ORDER BY first.class <> 0, first.seq
          LIMIT 1)
      AND NOT EXISTS (
          SELECT FROM delivery newer
          WHERE newer.subscription_id = d.subscription_id AND newer.revision > d.revision
            AND (newer.state IN ('sending', 'accepted') OR newer.unknowns > 0) OFFSET 0)
      AND EXISTS (
          SELECT FROM address a
          WHERE a.id = coalesce(d.address_id, d.recipient_id) AND a.unreachable_since IS NULL OFFSET 0)
    ORDER BY d.class, d.seq
    LIMIT $4
), claimed AS (
    UPDATE delivery d SET state = 'sending', token = held.token, attempts = d.attempts + 1
    FROM ready, held
    WHERE d.id = ready.id AND d.id = ANY ($7::uuid[])
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
