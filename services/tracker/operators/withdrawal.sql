-- forget_pace: what a publisher sent since a time teaches nothing about what is usual
DELETE FROM pace WHERE publisher = $1 AND hour >= date_trunc('hour', $2::timestamptz, 'UTC');

-- applications_of: the next applications with events that a publisher sent in a time and that still count
SELECT DISTINCT application_key FROM (
    SELECT application_key FROM event
    WHERE publisher = $1 AND accepted_at >= $2 AND accepted_at <= $3 AND withdrawn_at IS NULL
    ORDER BY accepted_at
    LIMIT $4
) AS next;

-- concerned: how much a publisher sent in a time that still counts, and what came of it
SELECT count(*) AS events, count(DISTINCT e.application_key) AS applications,
    coalesce(sum(told.waiting), 0)::bigint AS waiting, coalesce(sum(told.told), 0)::bigint AS told
FROM event e
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE n.ended_as IS NULL) AS waiting,
        count(*) FILTER (WHERE n.ended_as IN ('accepted', 'unknown')) AS told
    FROM notice n
    WHERE n.publisher = e.publisher AND n.event_id = e.event_id
) AS told
WHERE e.publisher = $1 AND e.accepted_at >= $2 AND e.accepted_at <= $3 AND e.withdrawn_at IS NULL;

-- past: everything that some applications have taken in, withdrawn or not
SELECT * FROM event WHERE application_key = ANY($1::text[]);

-- lock_notices_of_events: lock what was told because of some events, in the order of the ledger
SELECT n.notice_id, n.ended_as, n.publisher, n.event_id FROM notice n
JOIN unnest($1::text[], $2::text[]) AS g (publisher, event_id) USING (publisher, event_id)
ORDER BY n.notice_id
FOR UPDATE OF n;

-- mark_withdrawn: leave events out of the fold from now on
UPDATE event e SET withdrawn_at = $3
FROM unnest($1::text[], $2::text[]) AS g (publisher, event_id)
WHERE e.publisher = g.publisher AND e.event_id = g.event_id;

-- never_sent: what was kept back of some notices is thrown away
DELETE FROM held WHERE notice_id = ANY($1::uuid[]) RETURNING notice_id;

-- end_withdrawn: notices that nobody was sent end here
UPDATE notice SET ended_as = 'withdrawn', ended_at = $2, reason = 'publisher'
WHERE notice_id = ANY($1::uuid[]);

-- look_again: whatever was expected of some applications is to be reckoned anew
UPDATE application SET look_at = now() WHERE application_key = ANY($1::text[]);
