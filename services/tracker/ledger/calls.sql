-- to_call: who was not told of the present state of what they follow, from a number on, in order, and the last number
-- that there is; numbers commit in order, so nothing comes before it later
WITH last AS MATERIALIZED (SELECT max(unreached) AS number FROM notice WHERE unreached IS NOT NULL)
SELECT last.number AS last, found.* FROM last LEFT JOIN LATERAL (
    SELECT n.unreached AS number, n.subscription_id AS call_id, n.publisher, n.event_id, c.receipt_id, e.document_type,
        e.stage, e.office, e.missing, e.note, n.language, n.ended_as, CASE WHEN n.failed THEN 'failed' ELSE n.reason END AS reason,
        CASE WHEN n.failed THEN n.failed_at ELSE n.ended_at END AS at
    FROM notice n
    JOIN event e ON e.publisher = n.publisher AND e.event_id = n.event_id
    JOIN application a ON a.application_key = n.application_key
        AND a.head_publisher = n.publisher AND a.head_event_id = n.event_id
    JOIN subscription s ON s.subscription_id = n.subscription_id AND s.ended_at IS NULL
    JOIN claim own ON own.claim_id = s.claim_id
    LEFT JOIN claim c ON c.claim_id = coalesce(own.parent_id, own.claim_id) AND c.publisher = n.publisher
    WHERE n.unreached > $1 AND n.called_at IS NULL AND (n.ended_as <> 'accepted' OR n.failed)
        AND CASE WHEN n.failed THEN n.failed_at ELSE n.ended_at END > $2
    ORDER BY n.unreached
    LIMIT $3
) AS found ON true
ORDER BY found.number;

-- standing: what is known of some notices that reached nobody, by subscription and event
SELECT g.call_id, g.publisher, g.event_id, n.unreached IS NOT NULL AS known, n.called_at IS NOT NULL AS called,
    s.ended_at IS NOT NULL OR s.subscription_id IS NULL AS stopped, e.withdrawn_at IS NOT NULL AS withdrawn, a.stage,
    a.head_publisher IS NOT DISTINCT FROM n.publisher AND a.head_event_id IS NOT DISTINCT FROM n.event_id AS current,
    (n.ended_as = 'accepted' AND NOT n.failed) OR EXISTS (
        SELECT FROM notice later
        WHERE later.subscription_id = n.subscription_id AND later.revision > n.revision AND later.ended_as = 'accepted'
            AND NOT later.failed AND later.kind NOT IN ('follower', 'overdue')
    ) AS arrived
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS g (call_id, publisher, event_id)
LEFT JOIN notice n ON n.subscription_id = g.call_id AND n.publisher = g.publisher AND n.event_id = g.event_id
LEFT JOIN event e ON e.publisher = n.publisher AND e.event_id = n.event_id
LEFT JOIN application a ON a.application_key = n.application_key
LEFT JOIN subscription s ON s.subscription_id = n.subscription_id;

-- note_made: take calls down that were not told of before
INSERT INTO call_made (made_id, taken_at) SELECT *, $2 FROM unnest($1::uuid[]) ORDER BY 1
ON CONFLICT (made_id) DO NOTHING
RETURNING made_id;

-- lock_called: hold what some people were not told, up to what their call was about, in the ledger's order
SELECT n.notice_id FROM unnest($1::uuid[], $2::text[], $3::text[]) AS g (call_id, publisher, event_id)
JOIN notice told ON told.subscription_id = g.call_id AND told.publisher = g.publisher AND told.event_id = g.event_id
JOIN notice n ON n.subscription_id = g.call_id AND n.unreached <= told.unreached
ORDER BY n.notice_id
FOR UPDATE OF n;

-- end_calls: nobody is to be called about these any more
UPDATE notice n SET called_at = $2 WHERE n.notice_id = ANY($1::uuid[]) AND n.called_at IS NULL;

-- called_about: the events that calls were about, in the publisher's own names
SELECT g.call_id, n.publisher, n.event_id, c.receipt_id, e.document_type, e.stage, e.office
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS g (call_id, publisher, event_id)
JOIN notice n ON n.subscription_id = g.call_id AND n.publisher = g.publisher AND n.event_id = g.event_id
JOIN event e ON e.publisher = n.publisher AND e.event_id = n.event_id
LEFT JOIN subscription s ON s.subscription_id = n.subscription_id
LEFT JOIN claim own ON own.claim_id = s.claim_id
LEFT JOIN claim c ON c.claim_id = coalesce(own.parent_id, own.claim_id) AND c.publisher = n.publisher;
