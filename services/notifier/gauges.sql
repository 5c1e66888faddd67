-- people: how many citizens we know, may write to and can reach
SELECT count(*) AS known, count(*) FILTER (WHERE consented_at IS NOT NULL) AS consented,
       count(*) FILTER (WHERE consented_at IS NOT NULL AND unreachable_since IS NULL) AS reachable
FROM recipient;

-- oldest: age in seconds of the oldest delivery that may be sent now, by class
SELECT class, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS seconds
FROM delivery WHERE state IN ('pending', 'sending') GROUP BY class;

-- outbox: messages not yet in their stream
SELECT count(*) FROM outbox;
