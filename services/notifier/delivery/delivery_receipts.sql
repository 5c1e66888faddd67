-- keep: what the messenger told of a message to somebody, until it is known which message that was
INSERT INTO receipt (recipient_id, reference, status, told_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- apply: note what was told of accepted notices, of one recipient or of all; once told stays told
WITH known AS (
    DELETE FROM receipt r USING delivery d
    WHERE ($1::uuid IS NULL OR r.recipient_id = $1) AND d.recipient_id = r.recipient_id
      AND d.message_reference = r.reference AND d.state = 'accepted' AND d.kind = 'notice'
    RETURNING d.id, coalesce(d.follows, d.id) AS notice_id, d.attempts, r.status, r.told_at
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
SELECT id, notice_id, attempts, status, min(told_at) AS at FROM known
GROUP BY id, notice_id, attempts, status ORDER BY at;

-- forget: those that nobody asked for: of other messages, or told again
DELETE FROM receipt WHERE stored_at < clock_timestamp() - interval '1 day';
