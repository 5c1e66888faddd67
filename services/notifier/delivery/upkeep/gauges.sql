-- people: how many citizens we know, may write to and can reach
SELECT count(*) AS known, count(*) FILTER (WHERE consented_at IS NOT NULL) AS consented,
       count(*) FILTER (WHERE consented_at IS NOT NULL AND id IN (
           SELECT recipient_id FROM address WHERE unreachable_since IS NULL)) AS reachable
FROM recipient;

-- open: how many deliveries wait or are in the air, by account and class
SELECT channel, class, count(*) AS waiting
FROM (SELECT channel, class FROM delivery WHERE state = 'pending'
      UNION ALL
      SELECT channel, class FROM delivery WHERE state = 'sending') AS open
GROUP BY channel, class;

-- paused: which accounts there are, and whether operators hold them back
SELECT name, paused_at IS NOT NULL AS paused FROM account;

-- paid: what each account that costs money cost in its present month, and may cost
SELECT DISTINCT ON (account) account, sent, ceiling FROM paid_message
WHERE month > clock_timestamp() - interval '32 days'
ORDER BY account, month DESC;

-- due: deliveries that are not held back until later, by account and class: how many, how long the oldest has waited;
-- one state at a time, for each has an index of its own
SELECT channel, class, count(*) AS due,
       extract(epoch FROM clock_timestamp() - min(CASE WHEN held THEN due_at ELSE created_at END))::float8
           AS seconds
FROM (SELECT channel, class, held, due_at, created_at FROM delivery WHERE state = 'pending'
      UNION ALL
      SELECT channel, class, held, due_at, created_at FROM delivery WHERE state = 'sending') AS open
WHERE NOT (held AND due_at > clock_timestamp())
GROUP BY channel, class;

-- outbox: messages not yet in their stream
SELECT count(*) FROM outbox;

-- files: how many files citizens sent that are kept, and how many bytes they have
SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM handover_file;
