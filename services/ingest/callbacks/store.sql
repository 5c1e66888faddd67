-- due: to whom something is to be sent now, or who comes from before what was purged
SELECT c.publisher FROM callback c
LEFT JOIN LATERAL (
    SELECT o.sequence FROM outcome o
    WHERE o.publisher = c.publisher AND (o.epoch, o.sequence) > (c.epoch, c.sequence)
    ORDER BY o.epoch, o.sequence
    LIMIT 1
) AS following ON true
LEFT JOIN outcome_purged p ON p.publisher = c.publisher AND (p.epoch, p.sequence) > (c.epoch, c.sequence)
WHERE c.state = 'active' AND c.due_at <= $1 AND num_nonnulls(following.sequence, p.sequence) > 0;

-- find: one callback and whether what it would send next is purged
SELECT c.*, EXISTS (
    SELECT FROM outcome_purged p
    WHERE p.publisher = c.publisher AND (p.epoch, p.sequence) > (c.epoch, c.sequence)
) AS purged
FROM callback c
WHERE c.publisher = $1;

-- all: every callback, what waits for it (counted up to a bound) and since when
SELECT c.*, waiting.count AS waiting, oldest.stored_at AS oldest_at
FROM callback c
CROSS JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT FROM outcome o
        WHERE o.publisher = c.publisher AND (o.epoch, o.sequence) > (c.epoch, c.sequence)
        ORDER BY o.epoch, o.sequence
        LIMIT $1
    ) AS few
) AS waiting
LEFT JOIN LATERAL (
    SELECT o.stored_at FROM outcome o
    WHERE o.publisher = c.publisher AND (o.epoch, o.sequence) > (c.epoch, c.sequence)
    ORDER BY o.epoch, o.sequence
    LIMIT 1
) AS oldest ON true
ORDER BY c.publisher;

-- outcomes: what a message holds: outcomes behind one place, up to another or up to a number
SELECT epoch, sequence, kind, body FROM outcome
WHERE publisher = $1 AND (epoch, sequence) > ($2, $3)
    AND ($4::int IS NULL OR (epoch, sequence) <= ($4, $5::bigint))
ORDER BY epoch, sequence
LIMIT $6;

-- attempt: count an attempt at a message, the same one until it is delivered, under the lease
UPDATE callback SET message_id = $4, until_epoch = $5, until_sequence = $6, opened_at = $7,
    attempts = attempts + 1, trying_since = coalesce(trying_since, $8)
WHERE publisher = $1 AND state = 'active' AND (epoch, sequence) = ($2, $3)
    AND (message_id IS NULL OR message_id = $4)
    AND EXISTS (SELECT FROM lease WHERE role = $9 AND token = $10 AND expires_at > clock_timestamp())
RETURNING attempts, trying_since;

-- forward: a message was delivered: go on behind it, under the lease
UPDATE callback SET epoch = until_epoch, sequence = until_sequence, message_id = NULL, until_epoch = NULL,
    until_sequence = NULL, opened_at = NULL, attempts = 0, trying_since = NULL, due_at = $5, last_at = $5,
    last_result = 'delivered', last_status = $6
WHERE publisher = $1 AND message_id = $2
    AND EXISTS (SELECT FROM lease WHERE role = $3 AND token = $4 AND expires_at > clock_timestamp())
RETURNING publisher;

-- again: a message was not delivered: the same one later, or rest; what an operator stopped stays so; under the lease
UPDATE callback SET last_at = $5, last_status = $6, last_result = $7, due_at = $8,
    state = CASE state WHEN 'active' THEN $9 ELSE state END,
    reason = CASE state WHEN 'active' THEN $10 ELSE reason END,
    since = CASE WHEN state = 'active' AND $9 <> 'active' THEN $5 ELSE since END
WHERE publisher = $1 AND message_id = $2
    AND EXISTS (SELECT FROM lease WHERE role = $3 AND token = $4 AND expires_at > clock_timestamp())
RETURNING publisher;

-- pause_purged: what was to be sent next is gone: an operator has to say where to go on; under the lease
UPDATE callback SET state = 'paused', reason = 'purged', since = $4
WHERE publisher = $1 AND state = 'active' AND (epoch, sequence) = ($2, $3)
    AND EXISTS (SELECT FROM lease WHERE role = $5 AND token = $6 AND expires_at > clock_timestamp())
RETURNING publisher;

-- add: a callback that is new, from a place of the feed on
INSERT INTO callback (publisher, url, salt, state, since, epoch, sequence, due_at)
VALUES ($1, $2, $3, 'active', $4, $5, $6, $4)
ON CONFLICT (publisher) DO NOTHING
RETURNING publisher;

-- change_url: another address, tried at once
UPDATE callback SET url = $2, due_at = $3 WHERE publisher = $1 RETURNING publisher;

-- rotate: a new secret beside the present one, which ends later; an even earlier one ends now
UPDATE callback SET earlier_salt = salt, earlier_until = $3, salt = $2 WHERE publisher = $1 RETURNING publisher;

-- disable: send nothing more
UPDATE callback SET state = 'disabled', reason = 'operator', since = $2
WHERE publisher = $1
RETURNING publisher;

-- enable: send again, at once and with a new day of patience
UPDATE callback SET state = 'active', reason = NULL, since = $2, due_at = $2, attempts = 0, trying_since = NULL
WHERE publisher = $1
RETURNING publisher;

-- replay: go on from another place of the feed, with messages of their own
UPDATE callback SET epoch = $2, sequence = $3, message_id = NULL, until_epoch = NULL, until_sequence = NULL,
    opened_at = NULL, attempts = 0, trying_since = NULL, state = 'active', reason = NULL,
    since = CASE state WHEN 'active' THEN since ELSE $4 END, due_at = $4
WHERE publisher = $1
RETURNING publisher;
