-- lock_notices: lock rows of the ledger in one order and say which exist, of which a failure was told, and which failed
SELECT n.notice_id, n.failed_at IS NOT NULL AS doubtful, n.failed FROM notice n
WHERE n.notice_id = ANY($1::uuid[])
ORDER BY n.notice_id
FOR UPDATE;

-- end_notices: the first end stands; a receipt that came before it is kept upon accepted only
-- How many notices wait changes faster than statistics do: coalesce keeps the index of those that wait, which the
-- planner may take for nearly empty, from being read in place of the row's own. ANY, here and in other statements that
-- write what is given, keeps a table that it takes for nearly empty from being read whole.
UPDATE notice n
SET ended_as = g.ended_as, reason = g.reason, attempts = g.attempts, ended_at = g.at,
    delivered_at = CASE WHEN g.ended_as = 'accepted' THEN n.delivered_at END,
    seen_at = CASE WHEN g.ended_as = 'accepted' THEN n.seen_at END,
    failed_at = CASE WHEN g.ended_as = 'accepted' THEN n.failed_at END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
    AS g (notice_id, ended_as, reason, attempts, at)
WHERE n.notice_id = g.notice_id AND n.notice_id = ANY($1::uuid[]) AND coalesce(n.ended_as IS NULL, true)
RETURNING n.notice_id, n.ended_as, n.publisher, n.event_id;

-- note_receipts: when a notice was delivered or seen or failed, the first time told, unless it ended otherwise
UPDATE notice n
SET delivered_at = coalesce(n.delivered_at, g.delivered_at), seen_at = coalesce(n.seen_at, g.seen_at),
    failed_at = coalesce(n.failed_at, g.failed_at)
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[])
    AS g (notice_id, delivered_at, seen_at, failed_at)
WHERE n.notice_id = g.notice_id AND n.notice_id = ANY($1::uuid[])
    AND (n.ended_as IS NULL OR n.ended_as = 'accepted');

-- changed_among: those of these notices that failed and did not before, and the other way round
SELECT n.notice_id, n.publisher, n.event_id, n.failed
FROM notice n JOIN unnest($1::uuid[], $2::boolean[]) AS before (notice_id, failed) USING (notice_id)
WHERE n.failed <> before.failed AND n.notice_id = ANY($1::uuid[]);

-- withdrawn_among: the applications of those notices whose events were withdrawn
SELECT DISTINCT n.application_key FROM notice n
WHERE n.notice_id = ANY($1::uuid[]) AND EXISTS (
    SELECT FROM event e
    WHERE e.publisher = n.publisher AND e.event_id = n.event_id AND e.withdrawn_at IS NOT NULL OFFSET 0);
