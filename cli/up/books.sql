-- effects: how many accepted events had which effect; every message of the stream has exactly one
SELECT effect, count(*) AS n FROM (
    SELECT effect FROM tracker.event
    UNION ALL
    SELECT effect FROM tracker.set_aside
    WHERE stream = 'STAGES' AND settled_by IS DISTINCT FROM 'replayed'
) AS accepted GROUP BY effect;

-- ends: how many notices ended in which way; a null end is still pending
SELECT coalesce(ended_as, 'pending') AS end, count(*) AS n FROM tracker.notice GROUP BY 1;

-- deliveries: the notifier's own account of the same notices; what tells one once more is none
SELECT state, count(*) AS n FROM notifier.delivery WHERE kind = 'notice' AND follows IS NULL GROUP BY state;

-- accounts: how many of them each account of a messenger took
SELECT channel, count(*) AS n FROM notifier.delivery
WHERE kind = 'notice' AND follows IS NULL AND state = 'accepted' GROUP BY channel ORDER BY channel;

-- open: what is still on its way: messages to publish, deliveries to make
SELECT (SELECT count(*) FROM tracker.outbox) + (SELECT count(*) FROM notifier.outbox)
     + (SELECT count(*) FROM notifier.delivery WHERE state IN ('pending', 'sending'));

-- ended: how much has come to an end, to see whether things move
SELECT (SELECT count(*) FROM notifier.delivery WHERE ended_at IS NOT NULL)
     + (SELECT count(*) FROM tracker.notice WHERE ended_as IS NOT NULL)
     + (SELECT count(*) FROM tracker.event);

-- latencies: seconds from the 202 to the messenger's acceptance, median and 99th percentile
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds)
FROM (
    SELECT extract(epoch FROM ended_at - (payload ->> 'accepted_at')::timestamptz) AS seconds
    FROM notifier.delivery WHERE kind = 'notice' AND follows IS NULL AND state = 'accepted'
) AS told;

-- event_applications: which application each event of a publisher belongs to
SELECT event_id, application_key FROM tracker.event WHERE publisher = $1;

-- standings: where every application stands
SELECT application_key, stage, office, note, missing, expected_at, head_event_id
FROM tracker.application WHERE revision > 0;
