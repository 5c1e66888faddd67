-- keep: what the messenger told of a message to somebody, until it is known which message that was; nothing where they are
-- not on record any more, as a guest whose one message is accepted. The account stands before its reference, for two
-- messengers may give the same one.
INSERT INTO receipt (recipient_id, reference, status, told_at)
SELECT r.id, $2, $3, $4 FROM recipient r WHERE r.id = $1 FOR KEY SHARE
ON CONFLICT DO NOTHING;

-- apply: note what was told of accepted notices, of one recipient or of all; once told stays told
-- The reference of a message of several parts is the ids of them all: it arrived when each did, it failed when one did.
WITH heard AS MATERIALIZED (
    SELECT r.recipient_id, r.reference, r.status, r.told_at, d.id, coalesce(d.follows, d.id) AS notice_id, d.attempts,
           string_to_array(d.message_reference, ' ') AS parts
    -- OFFSET 0: what waits to be known is read first, whatever the statistics say of it.
    FROM receipt r
    JOIN LATERAL (SELECT * FROM delivery
                  WHERE recipient_id = r.recipient_id AND state = 'accepted' AND kind = 'notice' OFFSET 0) d
         ON (r.reference = ANY (string_to_array(d.message_reference, ' '))  -- as a version before keeps it
              OR (starts_with(r.reference, d.channel || ' ')
                  AND substr(r.reference, length(d.channel) + 2) = ANY (string_to_array(d.message_reference, ' '))))
    WHERE $1::uuid IS NULL OR r.recipient_id = $1
    ORDER BY r.recipient_id, r.reference, r.status
    FOR UPDATE OF r
), known AS (
    SELECT id, notice_id, attempts, status,
           CASE WHEN status = 'failed' THEN min(told_at) ELSE max(told_at) END AS told_at
    FROM heard GROUP BY id, notice_id, attempts, status, parts
    HAVING status = 'failed'
        OR count(DISTINCT reference) = (SELECT count(DISTINCT part) FROM unnest(parts) AS part)
), used AS (
    DELETE FROM receipt r USING heard h JOIN known k ON k.id = h.id AND k.status = h.status
    WHERE r.recipient_id = h.recipient_id AND r.reference = h.reference AND r.status = h.status
), told AS (
    SELECT id, attempts, min(told_at) FILTER (WHERE status = 'delivered') AS delivered_at,
           min(told_at) FILTER (WHERE status = 'seen') AS seen_at,
           min(told_at) FILTER (WHERE status = 'failed') AS failed_at
    FROM known GROUP BY id, attempts
), noted AS (
    UPDATE delivery d
    SET delivered_at = coalesce(d.delivered_at, told.delivered_at), seen_at = coalesce(d.seen_at, told.seen_at),
        failed_at = CASE WHEN num_nonnulls(d.delivered_at, told.delivered_at, d.seen_at, told.seen_at) = 0
                         THEN coalesce(d.failed_at, told.failed_at) END,
        reach_by = NULL
    FROM told WHERE d.id = told.id
)
SELECT id, notice_id, attempts, status, told_at AS at FROM known ORDER BY at;

-- forget: those that nobody asked for: of other messages, or told again
DELETE FROM receipt WHERE stored_at < clock_timestamp() - interval '1 day';
