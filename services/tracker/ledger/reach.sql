-- lock_numbers: number the unreached one transaction at a time, so that they commit in the order of their numbers
SELECT pg_advisory_xact_lock(1685021559, 1);

-- number_unreached: give those who were not told of an event their numbers, and note the languages to call them in
UPDATE notice n SET unreached = nextval('unreached_number'), language = g.language
FROM unnest($1::uuid[], $2::text[]) AS g (notice_id, language)
WHERE n.notice_id = g.notice_id AND n.notice_id = ANY($1::uuid[]) AND n.unreached IS NULL AND n.event_id IS NOT NULL
    AND (n.ended_as IN ('undeliverable', 'expired', 'unknown') OR n.failed);

-- lock_events: lock events in one order, and say how many were told, before asking whether all notices have ended
SELECT e.publisher, e.event_id, e.notices, e.document_type, e.office
FROM (
    SELECT DISTINCT g.publisher COLLATE "C" AS publisher, g.event_id COLLATE "C" AS event_id
    FROM unnest($1::text[], $2::text[]) AS g (publisher, event_id)
    ORDER BY 1, 2
) AS g
CROSS JOIN LATERAL (
    SELECT * FROM event WHERE publisher = g.publisher AND event_id = g.event_id FOR UPDATE
) AS e;

-- ends_of: how the notices of some events ended, and how many failed; those without an end count as null
SELECT n.publisher, n.event_id, n.ended_as, count(*) AS count, count(*) FILTER (WHERE n.failed) AS failed
FROM unnest($1::text[], $2::text[]) AS g (publisher, event_id)
CROSS JOIN LATERAL (SELECT * FROM notice WHERE publisher = g.publisher AND event_id = g.event_id OFFSET 0) AS n
GROUP BY n.publisher, n.event_id, n.ended_as;
