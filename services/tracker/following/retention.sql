-- page: the next applications in key order, and whether each is long over
SELECT application_key, coalesce(stage = ANY($2::text[]) AND occurred_at < $3, false) AS over
FROM application
WHERE application_key > $1
ORDER BY application_key
LIMIT $4;

-- lock_over: those of some applications that are over, that we learned of long ago, and of which something is left
SELECT a.application_key FROM application a
JOIN event e ON e.publisher = a.head_publisher AND e.event_id = a.head_event_id
WHERE a.application_key = ANY($1::text[]) AND a.stage = ANY($2::text[]) AND a.occurred_at < $3
    AND e.taken_at < $3
    AND EXISTS (SELECT FROM claim c WHERE c.application_key = a.application_key)
ORDER BY a.application_key
LIMIT $4
FOR UPDATE OF a SKIP LOCKED;

-- still_pending: those of some applications of which somebody is still to be told; begin it after their lock is held
SELECT DISTINCT c.application_key FROM claim c
JOIN subscription s ON s.claim_id = c.claim_id
JOIN notice n ON n.subscription_id = s.subscription_id AND coalesce(n.ended_as, '') = ''
WHERE c.application_key = ANY($1::text[]);

-- lock_ended: lock what was told of some applications, in the order of the ledger
SELECT n.notice_id FROM claim c
JOIN subscription s ON s.claim_id = c.claim_id
JOIN notice n ON n.subscription_id = s.subscription_id
WHERE c.application_key = ANY($1::text[])
ORDER BY n.notice_id
FOR UPDATE OF n;

-- purge_notices: take notices out of the ledger and count how they ended
WITH gone AS (DELETE FROM notice WHERE notice_id = ANY($1::uuid[]) RETURNING ended_as)
INSERT INTO purged AS p (ended_as, notices)
SELECT ended_as, count(*) FROM gone GROUP BY ended_as
ON CONFLICT (ended_as) DO UPDATE SET notices = p.notices + excluded.notices;

-- purge_subscriptions: forget who followed some applications
DELETE FROM subscription s USING claim c
WHERE c.application_key = ANY($1::text[]) AND s.claim_id = c.claim_id;

-- purge_claims: the receipts and shares of some applications open nothing any more
DELETE FROM claim WHERE application_key = ANY($1::text[]);

-- purge_calls: which calls by phone were told of before a time, which no stream tells again
DELETE FROM call_made WHERE taken_at < $1;

-- purge_pace: how publishers sent before a time
DELETE FROM pace WHERE hour < $1;
