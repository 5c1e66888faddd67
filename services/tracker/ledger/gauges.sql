-- reconcile: notices that something caused and that are not purged, and the ends they came to
SELECT
    (SELECT coalesce(sum(notices), 0) FROM event)
        + (SELECT coalesce(sum(beside), 0) FROM application)
        - (SELECT coalesce(sum(notices), 0) FROM purged) AS caused,
    count(*) AS notices,
    count(*) FILTER (WHERE ended_as IS NULL) AS pending,
    count(*) FILTER (WHERE ended_as = 'accepted') AS accepted,
    count(*) FILTER (WHERE ended_as = 'undeliverable') AS undeliverable,
    count(*) FILTER (WHERE ended_as = 'superseded') AS superseded,
    count(*) FILTER (WHERE ended_as = 'expired') AS expired,
    count(*) FILTER (WHERE ended_as = 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE ended_as = 'unknown') AS unknown
FROM notice;

-- waiting: notices without an end, and messages not yet in their stream
SELECT
    (SELECT count(*) FROM notice WHERE ended_as IS NULL) AS pending,
    (SELECT count(*) FROM outbox) AS outbox;

-- following: active subscriptions
SELECT count(*) FROM subscription WHERE ended_at IS NULL;

-- oldest: age in seconds of the oldest notice without an end
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at))::float8, 0) FROM notice WHERE ended_as IS NULL;

-- put_aside: messages without effect about which nothing was done yet, by why
SELECT effect, count(*) FROM set_aside WHERE settled_at IS NULL AND effect <> 'duplicate' GROUP BY effect;

-- held_publishers: who is held
SELECT publisher FROM hold;

-- forget_typing: drop the counts of hours that are over
DELETE FROM typing WHERE hour < now() - interval '2 hours';

-- forget_typed: drop the calls of hours that are over
DELETE FROM typed WHERE hour < now() - interval '2 hours';
