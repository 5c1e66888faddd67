-- accounts: every account that is known, owned or written to, and how it fares
WITH waiting AS MATERIALIZED (
    SELECT channel, count(*) AS count, min(created_at) AS oldest
    FROM delivery WHERE state = 'pending' GROUP BY channel
), owned AS (
    SELECT DISTINCT ON (split_part(role, ':', 1)) split_part(role, ':', 1) AS name,
           CASE WHEN expires_at > clock_timestamp() THEN holder END AS holder
    FROM lease WHERE role LIKE '%:%'
    ORDER BY split_part(role, ':', 1), expires_at DESC
), paid AS (
    SELECT DISTINCT ON (account) account, month, sent, ceiling FROM paid_message
    WHERE month > clock_timestamp() - interval '32 days'
    ORDER BY account, month DESC
)
SELECT known.name, owned.holder, coalesce(waiting.count, 0) AS waiting,
       coalesce(extract(epoch FROM clock_timestamp() - waiting.oldest), 0)::float8 AS oldest_seconds,
       account.accepted_at, account.down_since, account.down_reason,
       account.paused_at, account.paused_by, account.paused_why, paid.month, paid.sent, paid.ceiling
FROM (SELECT name FROM account UNION SELECT name FROM owned UNION SELECT channel FROM waiting) AS known (name)
LEFT JOIN account USING (name)
LEFT JOIN owned USING (name)
LEFT JOIN waiting ON waiting.channel = known.name
LEFT JOIN paid ON paid.account = known.name
ORDER BY known.name;

-- pause: hold an account back; nothing where it is held back already
INSERT INTO account AS a (name, paused_at, paused_by, paused_why) VALUES ($1, clock_timestamp(), $2, $3)
ON CONFLICT (name) DO UPDATE
SET paused_at = excluded.paused_at, paused_by = excluded.paused_by, paused_why = excluded.paused_why
WHERE a.paused_at IS NULL
RETURNING true;

-- resume: hold an account back no more; nothing where it is not held back
UPDATE account SET paused_at = NULL, paused_by = NULL, paused_why = NULL
WHERE name = $1 AND paused_at IS NOT NULL
RETURNING true;

-- paused: whether operators hold an account back
SELECT EXISTS (SELECT FROM account WHERE name = $1 AND paused_at IS NOT NULL);

-- hold_some: mark some of what waits as held back, from a place in the queue on; the place of the last one
WITH batch AS MATERIALIZED (
    SELECT id, class, seq FROM delivery
    WHERE channel = $1 AND state = 'pending' AND class <> 0 AND (class, seq) > ($2::smallint, $3::bigint)
    ORDER BY class, seq
    LIMIT $4
), marked AS (
    UPDATE delivery d SET held = true, due_at = greatest(d.due_at, clock_timestamp())
    FROM batch WHERE d.id = batch.id AND d.state = 'pending' AND NOT d.held
)
SELECT class, seq FROM batch ORDER BY class DESC, seq DESC LIMIT 1;

-- waiting: how many messages that nobody asked for wait
SELECT count(*) FROM delivery WHERE channel = $1 AND state = 'pending' AND class <> 0;

-- wake: tell whoever sends through an account that there is something to send, once this commits
SELECT pg_notify('docwatch_notifier', $1);
