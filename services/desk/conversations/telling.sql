-- load: how many of the staff are there, how many answered lately, how long an answer usually takes
SELECT
    (SELECT count(*) FROM presence WHERE seen_at > now() - $1::interval) AS present,
    (SELECT count(DISTINCT staff_id) FROM utterance WHERE by_staff AND at > now() - $2::interval) AS lately,
    measured.usual, measured.number AS measured
FROM (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS usual, count(took) AS number
    FROM (SELECT took FROM utterance WHERE by_staff ORDER BY at DESC LIMIT $3) AS latest
) AS measured;

-- places: where some conversations stand in the queue
SELECT conversation_id, place, due FROM (
    SELECT conversation_id, due,
        row_number() OVER (ORDER BY (NOT urgent), asks_since, conversation_id) AS place
    FROM conversation
    WHERE asks_since IS NOT NULL AND opened_at IS NOT NULL
        AND (held_until IS NULL OR held_until <= clock_timestamp())
) AS queue
WHERE conversation_id = ANY($1::uuid[]);

-- told: where all stand that were told of a wait, and of which
SELECT conversation_id, place, due, told_at, told_first, told_last FROM (
    SELECT conversation_id, due, told_at, told_first, told_last,
        row_number() OVER (ORDER BY (NOT urgent), asks_since, conversation_id) AS place
    FROM conversation
    WHERE asks_since IS NOT NULL AND opened_at IS NOT NULL
        AND (held_until IS NULL OR held_until <= clock_timestamp())
) AS queue
WHERE told_at <= $1;

-- number: give the next numbers to what is told of waits, to those that still wait
UPDATE conversation SET replies = replies + 1
WHERE conversation_id IN (
    SELECT conversation_id FROM conversation
    WHERE conversation_id = ANY($1::uuid[]) AND asks_since IS NOT NULL
    ORDER BY conversation_id FOR UPDATE
)
RETURNING conversation_id, replies;

-- tell: what was told
UPDATE conversation AS c SET told_at = $2, told_first = t.first, told_last = t.last
FROM unnest($1::uuid[], $3::timestamptz[], $4::timestamptz[]) AS t (conversation_id, first, last)
WHERE c.conversation_id = t.conversation_id AND c.conversation_id = ANY($1::uuid[]);
