-- followers_since: who follows some applications, and when they last read where it stands in an answer, their own or
-- that of who joined them; begin it only after their lock is held
SELECT application_key, subscription_id, recipient_id, greatest(created_at, heard_at) AS created_at FROM subscription
WHERE application_key = ANY($1::text[]) AND ended_at IS NULL;

-- heard: the newest revisions that subscriptions heard of what was withdrawn and of what was not, and when the last
SELECT n.subscription_id,
    max(n.revision) FILTER (WHERE e.withdrawn_at IS NOT NULL) AS wrong,
    max(n.revision) FILTER (WHERE e.withdrawn_at IS NULL) AS correct,
    (array_agg(n.created_at ORDER BY n.revision DESC))[1] AS said_at,
    (array_agg(e.stream_sequence ORDER BY n.revision DESC))[1] AS said_sequence
FROM notice n
LEFT JOIN event e ON e.publisher = n.publisher AND e.event_id = n.event_id
WHERE n.subscription_id = ANY($1::uuid[]) AND n.kind NOT IN ('follower', 'overdue')
    AND CASE WHEN e.withdrawn_at IS NULL THEN n.ended_as IS DISTINCT FROM 'withdrawn'
        ELSE n.ended_as IN ('accepted', 'unknown') END
GROUP BY n.subscription_id;

-- count_corrections: account for notices that no event caused, under the locks of their applications
UPDATE application a SET beside = a.beside + g.notices
FROM unnest($1::text[], $2::bigint[]) AS g (key, notices)
WHERE a.application_key = g.key AND a.application_key = ANY($1::text[]);
