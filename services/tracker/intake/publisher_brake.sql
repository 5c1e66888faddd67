-- note_pace: count events that tell people, by publisher, hour and stage, in the rows of one shard
INSERT INTO pace AS p (publisher, hour, stage, events, shard)
SELECT g.*, $5 FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[]) AS g
ON CONFLICT (publisher, hour, stage, shard) DO UPDATE SET events = p.events + excluded.events;

-- pace_of: the counts of some publishers' hours by stage
SELECT p.publisher, p.hour, p.stage, sum(p.events)::bigint AS events FROM pace p
WHERE (p.publisher, p.hour) IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))
GROUP BY p.publisher, p.hour, p.stage;

-- hours_of: a publisher's counts since a time
SELECT hour, stage, sum(events)::bigint AS events FROM pace
WHERE publisher = $1 AND hour >= $2
GROUP BY hour, stage;

-- approved: until when a person has found a publisher's pace to be right
SELECT at FROM approval WHERE publisher = $1;
