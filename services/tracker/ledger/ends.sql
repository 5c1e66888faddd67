-- lock_notices: lock rows of the ledger in one order and say which exist
SELECT notice_id FROM notice WHERE notice_id = ANY($1::uuid[]) ORDER BY notice_id FOR UPDATE;

-- end_notices: the first end stands; a receipt that came before it is kept upon accepted only
-- How many notices wait changes faster than statistics do: coalesce keeps the index of those that wait, which the
-- planner may take for nearly empty, from being read in place of the row's own.
UPDATE notice n
SET ended_as = g.ended_as, reason = g.reason, attempts = g.attempts, ended_at = g.at,
    delivered_at = CASE WHEN g.ended_as = 'accepted' THEN n.delivered_at END,
    seen_at = CASE WHEN g.ended_as = 'accepted' THEN n.seen_at END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
    AS g (notice_id, ended_as, reason, attempts, at)
WHERE n.notice_id = g.notice_id AND coalesce(n.ended_as, '') = ''
RETURNING n.notice_id, n.ended_as, n.publisher, n.event_id;

-- note_receipts: when a notice was delivered or seen, the first time told, unless it ended otherwise
UPDATE notice n
SET delivered_at = coalesce(n.delivered_at, g.delivered_at), seen_at = coalesce(n.seen_at, g.seen_at)
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS g (notice_id, delivered_at, seen_at)
WHERE n.notice_id = g.notice_id AND (n.ended_as IS NULL OR n.ended_as = 'accepted');

-- withdrawn_among: the applications of those notices whose events were withdrawn
SELECT DISTINCT n.application_key FROM notice n
JOIN event e ON e.publisher = n.publisher AND e.event_id = n.event_id
WHERE n.notice_id = ANY($1::uuid[]) AND e.withdrawn_at IS NOT NULL;
