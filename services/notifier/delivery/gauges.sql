-- people: how many citizens we know, may write to and can reach
SELECT count(*) AS known, count(*) FILTER (WHERE consented_at IS NOT NULL) AS consented,
       count(*) FILTER (WHERE consented_at IS NOT NULL AND id IN (
           SELECT recipient_id FROM address WHERE unreachable_since IS NULL)) AS reachable
FROM recipient;

-- open: how many deliveries wait or are in the air, by class
SELECT class, count(*) AS waiting
FROM (SELECT class FROM delivery WHERE state = 'pending'
      UNION ALL
      SELECT class FROM delivery WHERE state = 'sending') AS open
GROUP BY class;

-- due: deliveries that are not held back until later, by class: how many, how long the oldest has waited;
-- one state at a time, for each has an index of its own
SELECT class, count(*) AS due,
       extract(epoch FROM clock_timestamp() - min(CASE WHEN held THEN due_at ELSE created_at END))::float8
           AS seconds
FROM (SELECT class, held, due_at, created_at FROM delivery WHERE state = 'pending'
      UNION ALL
      SELECT class, held, due_at, created_at FROM delivery WHERE state = 'sending') AS open
WHERE NOT (held AND due_at > clock_timestamp())
GROUP BY class;

-- outbox: messages not yet in their stream
SELECT count(*) FROM outbox;
