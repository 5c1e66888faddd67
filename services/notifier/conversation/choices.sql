-- newest_notice: what somebody was told last by an account, of their documents
SELECT payload, ended_at FROM delivery
WHERE recipient_id = $1 AND channel = $2 AND kind = 'notice' AND state = 'accepted'
ORDER BY ended_at DESC LIMIT 1;
