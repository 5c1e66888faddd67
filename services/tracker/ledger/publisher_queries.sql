-- taken_event: what an event that was taken in did
SELECT effect, document_type, stage, office, notices, taken_at AS at FROM event WHERE publisher = $1 AND event_id = $2;

-- ends_of_event: how the notices of an event ended; a null end is pending
SELECT n.ended_as, CASE WHEN n.failed THEN 'failed' ELSE n.reason END AS reason, count(*) AS notices FROM notice n
WHERE n.publisher = $1 AND n.event_id = $2
GROUP BY 1, 2
ORDER BY 1, 2;

-- event_set_aside: why an event took no effect, the first time it came
SELECT effect, document_type, stage, reason, payload, at FROM set_aside
WHERE publisher = $1 AND event_id = $2
ORDER BY at, id
LIMIT 1;

-- unreached: who was not told of a publisher's events, of all or of one office or stage or of some documents or offices,
-- in the order of their numbers; what failed and arrived after all has its number, and is left out, as is who was called
SELECT n.unreached, n.event_id, c.receipt_id, e.document_type, e.stage, e.office, n.ended_as,
    CASE WHEN n.failed THEN 'failed' ELSE n.reason END AS reason,
    CASE WHEN n.failed THEN n.failed_at ELSE n.ended_at END AS at
FROM notice n
JOIN event e ON e.publisher = n.publisher AND e.event_id = n.event_id
JOIN subscription s ON s.subscription_id = n.subscription_id
JOIN claim own ON own.claim_id = s.claim_id
LEFT JOIN claim c ON c.claim_id = coalesce(own.parent_id, own.claim_id) AND c.publisher = n.publisher
WHERE n.publisher = $1 AND n.unreached > $2 AND (n.ended_as <> 'accepted' OR n.failed) AND n.called_at IS NULL
    AND ($4::text IS NULL OR e.office = $4) AND ($5::text IS NULL OR e.stage = $5)
    AND ($6::text[] IS NULL OR e.document_type = ANY($6)) AND ($7::text[] IS NULL OR e.office = ANY($7))
ORDER BY n.unreached
LIMIT $3;
