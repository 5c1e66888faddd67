-- present: note that somebody is there
INSERT INTO presence AS p (staff_id, name, staff_group, languages, seen_at)
VALUES ($1, $2, $3, $4::text[], clock_timestamp())
ON CONFLICT (staff_id) DO UPDATE
SET name = excluded.name, staff_group = excluded.staff_group, languages = excluded.languages,
    seen_at = excluded.seen_at;

-- left: somebody goes; the row stays, for their group is counted by it
UPDATE presence SET seen_at = least(seen_at, clock_timestamp() - interval '1 day') WHERE staff_id = $1;

-- waiting: who waits and nobody holds, those who fit or the others, from a place in the queue on
SELECT conversation_id, language, channel, topics, document, stage, office, actionable, overdue, reason, urgent,
    asks_since, due, returned
FROM conversation
WHERE asks_since IS NOT NULL AND opened_at IS NOT NULL
    AND (held_until IS NULL OR held_until <= clock_timestamp())
    AND ((cardinality($1::text[]) = 0 OR language = ANY($1::text[]))
        AND (cardinality($2::text[]) = 0 OR topics = '{}' OR topics && $2::text[])) = $3
    AND ((NOT urgent), asks_since, conversation_id) > ($4, $5, $6)
ORDER BY (NOT urgent), asks_since, conversation_id
LIMIT $7;

-- mine: what somebody holds, first where the citizen waits
SELECT conversation_id, language, channel, topics, document, stage, office, actionable, overdue, reason,
    held_until, asks_since, due
FROM conversation
WHERE held_by = $1 AND held_until > clock_timestamp()
ORDER BY asks_since NULLS LAST, held_since, conversation_id;

-- take_first: hold the first that fits and that nobody holds
UPDATE conversation
SET held_by = $1, holder = $2, held_since = clock_timestamp(), held_until = clock_timestamp() + $3,
    returned = returned + (held_by IS NOT NULL)::integer
WHERE conversation_id = (
    SELECT conversation_id FROM conversation
    WHERE asks_since IS NOT NULL AND opened_at IS NOT NULL
        AND (held_until IS NULL OR held_until <= clock_timestamp())
        AND (cardinality($4::text[]) = 0 OR language = ANY($4::text[]))
        AND (cardinality($5::text[]) = 0 OR topics = '{}' OR topics && $5::text[])
    ORDER BY (NOT urgent), asks_since, conversation_id
    LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING conversation_id, language, channel, topics, document, stage, office, actionable, overdue, reason,
    held_until, asks_since, due;

-- take: hold this one, unless somebody else does
UPDATE conversation
SET held_since = CASE WHEN held_by = $1 AND held_until > clock_timestamp() THEN held_since
        ELSE clock_timestamp() END,
    returned = returned
        + (held_by IS NOT NULL AND held_until <= clock_timestamp() AND asks_since IS NOT NULL)::integer,
    held_by = $1, holder = $2, held_until = clock_timestamp() + $3
WHERE conversation_id = $4 AND opened_at IS NOT NULL AND closed_at IS NULL
    AND (held_by IS NULL OR held_by = $1 OR held_until <= clock_timestamp())
RETURNING conversation_id, language, channel, topics, document, stage, office, actionable, overdue, reason,
    held_until, asks_since, due;

-- holder: who holds it, and whether it is over
SELECT CASE WHEN held_until > clock_timestamp() THEN holder END AS holder, closed_at IS NOT NULL AS closed
FROM conversation WHERE conversation_id = $1;

-- sign: whoever holds it goes on
UPDATE conversation SET held_until = clock_timestamp() + $3
WHERE conversation_id = $1 AND held_by = $2 AND held_until > clock_timestamp()
RETURNING true;

-- give_back: whoever holds it lets go
UPDATE conversation SET held_by = NULL, holder = NULL, held_since = NULL, held_until = NULL
WHERE conversation_id = $1 AND held_by = $2 AND held_until > clock_timestamp()
RETURNING true;

-- give_all_back: somebody lets go of everything
UPDATE conversation SET held_by = NULL, holder = NULL, held_since = NULL, held_until = NULL
WHERE conversation_id IN (
    SELECT conversation_id FROM conversation WHERE held_by = $1 ORDER BY conversation_id FOR UPDATE
);

-- lapse: those whose holder gave no sign go back
UPDATE conversation
SET held_by = NULL, holder = NULL, held_since = NULL, held_until = NULL,
    returned = returned + (asks_since IS NOT NULL)::integer
WHERE conversation_id IN (
    SELECT conversation_id FROM conversation WHERE held_by IS NOT NULL AND held_until <= clock_timestamp()
    ORDER BY conversation_id LIMIT $1 FOR UPDATE SKIP LOCKED
) AND held_until <= clock_timestamp()
RETURNING asks_since IS NOT NULL AS waits;

-- urge: those whose promise is at risk go before the usual ones
UPDATE conversation SET urgent = true
WHERE conversation_id IN (
    SELECT conversation_id FROM conversation
    WHERE asks_since IS NOT NULL AND opened_at IS NOT NULL AND NOT urgent AND due <= $1
    ORDER BY conversation_id LIMIT $2 FOR UPDATE SKIP LOCKED
);
