-- purge: forget deliveries, and with them their attempts, that ended before an instant
DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ended_at < $1 ORDER BY ended_at LIMIT $2);

-- stale_guests: people without consent who were asked something by numbers and did not answer in time
SELECT id FROM recipient
WHERE consented_at IS NULL AND personal IS NOT NULL AND heard_at < clock_timestamp() - interval '30 minutes'
LIMIT $1;

-- former_askers: people without consent who asked people of the agency something, or were about to, and wait no more
SELECT r.id FROM recipient r
WHERE r.consented_at IS NULL AND r.heard_at < clock_timestamp() - interval '30 minutes'
  AND r.id IN (SELECT recipient_id FROM handover WHERE ended_at IS NOT NULL
               UNION ALL SELECT recipient_id FROM handover_typing)
LIMIT $1;

-- forget_typing: what nobody typed in time
DELETE FROM handover_typing
WHERE recipient_id IN (SELECT recipient_id FROM handover_typing WHERE expires_at < clock_timestamp() LIMIT $1);

-- forget_files: files that citizens sent to people and that were kept for as long as they were told
DELETE FROM handover_file WHERE id IN (SELECT id FROM handover_file WHERE kept_until < clock_timestamp()
                                       ORDER BY kept_until LIMIT $1);

-- forget_handovers: conversations that ended, or in which nobody wrote, before an instant
DELETE FROM handover
WHERE conversation_id IN (SELECT conversation_id FROM handover WHERE coalesce(ended_at, heard_at) < $1
                          ORDER BY coalesce(ended_at, heard_at) LIMIT $2);

-- forget_confirmations: what nobody confirmed in time
DELETE FROM confirmation WHERE id IN (SELECT id FROM confirmation WHERE expires_at < clock_timestamp() LIMIT $1);

-- forget_counts: how often things were asked for on days that are over
DELETE FROM contact_count
WHERE (scope, since) IN (SELECT scope, since FROM contact_count
                         WHERE since < date_trunc('day', clock_timestamp(), 'UTC') LIMIT $1);

-- forget_last_answers: what people were answered longer ago than it is kept
DELETE FROM last_answer WHERE recipient_id IN (SELECT recipient_id FROM last_answer
                                               WHERE at < clock_timestamp() - $1::interval LIMIT $2);

-- forget_handled: marks of confirmations that have no row any more; those of channels that count their updates are lower
DELETE FROM handled_update
WHERE (channel, update_id) IN (SELECT channel, update_id FROM handled_update
                               WHERE update_id >= $1 AND handled_at < clock_timestamp() - interval '3 days' LIMIT $2);
