-- purge: forget deliveries, and with them their attempts, that ended before an instant
DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ended_at < $1 ORDER BY ended_at LIMIT $2);

-- stale_guests: people without consent who were asked something by numbers and did not answer in time
SELECT id FROM recipient
WHERE consented_at IS NULL AND personal IS NOT NULL AND heard_at < clock_timestamp() - interval '30 minutes'
LIMIT $1;

-- forget_confirmations: what nobody confirmed in time
DELETE FROM confirmation WHERE id IN (SELECT id FROM confirmation WHERE expires_at < clock_timestamp() LIMIT $1);

-- forget_counts: how often things were asked for on days that are over
DELETE FROM contact_count
WHERE (scope, since) IN (SELECT scope, since FROM contact_count
                         WHERE since < date_trunc('day', clock_timestamp(), 'UTC') LIMIT $1);

-- forget_handled: marks of confirmations that have no row any more; those of channels that count their updates are lower
DELETE FROM handled_update
WHERE (channel, update_id) IN (SELECT channel, update_id FROM handled_update
                               WHERE update_id >= $1 AND handled_at < clock_timestamp() - interval '3 days' LIMIT $2);
