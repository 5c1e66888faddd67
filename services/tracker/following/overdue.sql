-- to_look_at: applications at which it is time to look, the longest due first
SELECT application_key FROM application WHERE look_at <= $1 ORDER BY look_at LIMIT $2;

-- who_waited: who has followed applications since before an instant each
SELECT s.application_key, s.subscription_id, s.recipient_id
FROM unnest($1::text[], $2::timestamptz[]) AS g (key, passed_at)
JOIN subscription s ON s.application_key = g.key AND s.ended_at IS NULL AND s.created_at < g.passed_at;

-- told_before: which notices are in the ledger already
SELECT notice_id FROM notice WHERE notice_id = ANY($1::uuid[]);

-- looked: when to look at applications again, and how many were told beside their events
UPDATE application a SET look_at = g.look_at, beside = a.beside + g.told
FROM unnest($1::text[], $2::timestamptz[], $3::int[]) AS g (key, look_at, told)
WHERE a.application_key = g.key;
