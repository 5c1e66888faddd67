-- purge: forget deliveries, and with them their attempts, that ended before an instant
DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ended_at < $1 ORDER BY ended_at LIMIT $2);
