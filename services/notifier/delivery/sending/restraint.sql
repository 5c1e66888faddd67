-- open_month: how many messages of an account were paid for in a month, and how many may be from now on
INSERT INTO paid_message AS p (account, month, ceiling) VALUES ($1, $2, $3)
ON CONFLICT (account, month) DO UPDATE SET ceiling = excluded.ceiling
RETURNING p.sent;

-- spent: whether as many messages of an account were paid for in a month as may be, or will be with the answers that wait
SELECT p.sent + (SELECT count(*) FROM delivery d
                 WHERE d.channel = $1 AND d.class = 0 AND d.state = 'pending') >= p.ceiling
FROM paid_message p WHERE p.account = $1 AND p.month = $2;

-- count_paid: so many more messages of an account were paid for in each of these months
INSERT INTO paid_message AS p (account, month, sent)
SELECT $1, given.month, given.sent FROM unnest($2::date[], $3::bigint[]) AS given (month, sent)
ORDER BY given.month
ON CONFLICT (account, month) DO UPDATE SET sent = p.sent + excluded.sent;

-- release_unpaid: of what waits since it costs too much, that goes out now which is free, in sessions begun since $2
-- (NULL: none), and as much of the rest, the oldest first, as may be paid for (NULL: all of it)
UPDATE delivery d SET due_at = clock_timestamp()
WHERE d.state = 'pending' AND d.id IN (
    SELECT w.id FROM delivery w JOIN address a ON a.id = coalesce(w.address_id, w.recipient_id)
    WHERE w.channel = $1 AND w.state = 'pending' AND w.unpaid AND w.due_at > clock_timestamp() AND a.session_from > $2
    UNION ALL
    (SELECT w.id FROM delivery w
     WHERE w.channel = $1 AND w.state = 'pending' AND w.unpaid AND w.due_at > clock_timestamp()
     ORDER BY w.seq
     LIMIT $3));
