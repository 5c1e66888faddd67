-- how_far: up to which number the tracker's list has been read
SELECT number FROM call_list;

-- read_to: note how far the tracker's list has been read
UPDATE call_list SET number = $1, read_at = $2;

-- put: whom no message reached; a later message that reached the same person as little opens the entry again, unless they
-- want no calls
INSERT INTO call AS c (
    call_id, number, publisher, event_id, receipt_id, document_type, stage, office, missing, note, language, missed_as,
    missed_why, missed_at, actionable, listed_at, looked_at, due_at
)
SELECT
    g.call_id, g.number, g.publisher, g.event_id, g.receipt_id, g.document_type, g.stage, g.office,
    string_to_array(g.missing, ','), g.note, g.language, g.missed_as, g.missed_why, g.missed_at, g.actionable,
    $16, $16, $16
FROM unnest(
    $1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[], $15::boolean[]
) AS g (
    call_id, number, publisher, event_id, receipt_id, document_type, stage, office, missing, note, language, missed_as,
    missed_why, missed_at, actionable
)
ON CONFLICT (call_id) DO UPDATE SET
    number = excluded.number, publisher = excluded.publisher, event_id = excluded.event_id,
    receipt_id = excluded.receipt_id, document_type = excluded.document_type, stage = excluded.stage,
    office = excluded.office, missing = excluded.missing, note = excluded.note, language = coalesce(excluded.language, c.language), missed_as = excluded.missed_as,
    missed_why = excluded.missed_why, missed_at = excluded.missed_at, actionable = excluded.actionable,
    looked_at = excluded.looked_at,
    listed_at = CASE WHEN c.ended_at IS NULL THEN c.listed_at ELSE excluded.listed_at END,
    tries = CASE WHEN c.ended_at IS NULL THEN c.tries ELSE 0 END,
    unanswered = CASE WHEN c.ended_at IS NULL THEN c.unanswered ELSE 0 END,
    due_at = CASE WHEN c.ended_at IS NULL THEN c.due_at ELSE excluded.due_at END,
    promised = c.promised AND c.ended_at IS NULL,
    ended_at = NULL, ended_as = NULL
WHERE c.number < excluded.number AND c.ended_as IS DISTINCT FROM 'no_calls';

-- to_look_at: open entries that nobody holds, those first that the tracker was asked about longest ago
SELECT call_id, publisher, event_id FROM call
WHERE ended_at IS NULL AND looked_at < $1 AND (held_until IS NULL OR held_until < $2)
ORDER BY looked_at
LIMIT $3;

-- looked_at: the tracker was asked about these
UPDATE call SET looked_at = $2 WHERE call_id = ANY($1::uuid[]) AND ended_at IS NULL;

-- settle: nobody is to be called about these any more, unless somebody is on the phone or there is newer news
UPDATE call c SET ended_at = $5, ended_as = g.why, promised = false
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS g (call_id, publisher, event_id, why)
WHERE c.call_id = g.call_id AND c.publisher = g.publisher AND c.event_id = g.event_id AND c.ended_at IS NULL
    AND (c.held_until IS NULL OR c.held_until < $5)
RETURNING c.ended_as;

-- age: who could not be told too long ago is not called
UPDATE call SET ended_at = $2, ended_as = 'too_old', promised = false
WHERE ended_at IS NULL AND missed_at < $1 AND (held_until IS NULL OR held_until < $2)
RETURNING ended_as;

-- purge: forget what ended long ago; who wants no calls is remembered for a year more
DELETE FROM call WHERE call_id IN (
    SELECT call_id FROM call
    WHERE ended_at < $1::timestamptz - CASE WHEN ended_as = 'no_calls' THEN interval '365 days' ELSE interval '0' END
    LIMIT $2
);

-- standing: how many entries are due, held, or wait for their time, and since when the oldest is due
SELECT count(*) FILTER (WHERE held_until >= $1) AS held,
    count(*) FILTER (WHERE due_at <= $1 AND (held_until IS NULL OR held_until < $1)) AS due,
    count(*) FILTER (WHERE due_at > $1 AND (held_until IS NULL OR held_until < $1)) AS later,
    min(due_at) FILTER (WHERE due_at <= $1 AND (held_until IS NULL OR held_until < $1)) AS oldest,
    (SELECT read_at FROM call_list) AS read_at
FROM call WHERE ended_at IS NULL;

-- one_at_a_time: let one person do one thing with calls at a time
SELECT pg_advisory_xact_lock(0x63616c6c, hashtext($1::uuid::text));

-- held: what somebody holds now
SELECT * FROM call WHERE held_by = $1 AND held_until >= $2 AND ended_at IS NULL
ORDER BY held_until DESC
LIMIT 1;

-- take: hold the first entry that is due and fits, or one that is named; who comes second gets another one
UPDATE call SET held_by = $1, held_number = number, held_publisher = publisher, held_event_id = event_id, held_until = $3,
    lease_id = $4
WHERE call_id = (
    SELECT call_id FROM call
    WHERE ended_at IS NULL AND due_at <= $2 AND (held_until IS NULL OR held_until < $2)
        AND (cardinality($5::text[]) = 0 OR language IS NULL OR language = ANY($5))
        AND (cardinality($6::text[]) = 0 OR office IS NULL OR office = ANY($6))
        AND ($7::uuid IS NULL OR call_id = $7)
    ORDER BY promised DESC, actionable DESC, missed_at, call_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- due: entries that fit somebody, in the order in which they are taken
SELECT * FROM call
WHERE ended_at IS NULL AND due_at <= $1
    AND (cardinality($2::text[]) = 0 OR language IS NULL OR language = ANY($2))
    AND (cardinality($3::text[]) = 0 OR office IS NULL OR office = ANY($3))
ORDER BY promised DESC, actionable DESC, missed_at, call_id
LIMIT $4;

-- find: one entry
SELECT * FROM call WHERE call_id = $1;

-- lock: one entry, held until this is over
SELECT * FROM call WHERE call_id = $1 FOR UPDATE;

-- tries_of: the calls to one person, newest first
SELECT result, wants, again_at, at FROM call_try WHERE call_id = $1 ORDER BY at DESC LIMIT 20;

-- tried: how a call was entered before
SELECT 1 FROM call_try WHERE try_id = $1 AND call_id = $2;

-- add_try: enter how a call went
INSERT INTO call_try (try_id, call_id, number, staff_id, result, wants, again_at, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- move_on: what follows from a call; the hold ends
UPDATE call SET tries = $2, unanswered = $3, due_at = $4, promised = $5, ended_at = $6, ended_as = $7, held_by = NULL,
    held_number = NULL, held_publisher = NULL, held_event_id = NULL, held_until = NULL, lease_id = NULL
WHERE call_id = $1;

-- sign: somebody who holds an entry is still there
UPDATE call SET held_until = $4
WHERE call_id = $1 AND held_by = $2 AND ended_at IS NULL AND held_until >= $3
RETURNING call_id;

-- give_back: nobody holds an entry any more
UPDATE call SET held_by = NULL, held_number = NULL, held_publisher = NULL, held_event_id = NULL, held_until = NULL,
    lease_id = NULL
WHERE call_id = $1 AND held_by = $2
RETURNING call_id;
