-- purge: forget deliveries, and with them their attempts, that ended before an instant
DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ended_at < $1 ORDER BY ended_at LIMIT $2);

-- stale_guests: people without consent who were asked something by numbers and did not answer in time
SELECT id FROM recipient
WHERE consented_at IS NULL AND personal IS NOT NULL AND heard_at < clock_timestamp() - interval '30 minutes'
LIMIT $1;
