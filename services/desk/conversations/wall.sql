-- counts: how many conversations there are of each standing
SELECT
    count(*) FILTER (WHERE asks_since IS NOT NULL AND NOT held) AS waiting,
    count(*) FILTER (WHERE asks_since IS NOT NULL AND NOT held AND urgent) AS urgent,
    min(asks_since) FILTER (WHERE NOT held) AS oldest,
    count(*) FILTER (WHERE held) AS held,
    count(*) FILTER (WHERE asks_since IS NULL AND NOT held) AS answered,
    count(*) FILTER (WHERE due > $1 AND due <= $2) AS at_risk,
    count(*) FILTER (WHERE due <= $1) AS broken
FROM (
    SELECT asks_since, urgent, due, coalesce(held_until > clock_timestamp(), false) AS held
    FROM conversation WHERE closed_at IS NULL AND opened_at IS NOT NULL
) AS open;

-- unopened: conversations of which something was heard and not their beginning
SELECT count(*) FROM conversation WHERE opened_at IS NULL AND NOT forgotten AND changed_at < now() - $1::interval;

-- present: who of the staff is there, and how much they hold
SELECT p.staff_id, p.name, count(c.conversation_id) AS held
FROM presence p
LEFT JOIN conversation c ON c.held_by = p.staff_id AND c.held_until > clock_timestamp()
WHERE p.seen_at > now() - $1::interval
GROUP BY p.staff_id, p.name ORDER BY p.name, p.staff_id;

-- promises: of the answers since an instant, how many came as was promised, and all
SELECT count(*) FILTER (WHERE at <= due) AS kept, count(*) AS given
FROM utterance WHERE by_staff AND due IS NOT NULL AND at > $1;

-- ratings: how content people were from a day on
SELECT topic, language, staff_group, sum(content)::bigint AS content, sum(rated)::bigint AS rated
FROM rating_count WHERE day >= $1 GROUP BY topic, language, staff_group;

-- groups: how many staff are in each group
SELECT staff_group, count(*) AS staff FROM presence GROUP BY staff_group;
