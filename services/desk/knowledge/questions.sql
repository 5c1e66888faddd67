-- fresh: note messages as counted; those that were not so before
INSERT INTO question_seen (question_id, at)
SELECT DISTINCT q.id, now() FROM unnest($1::uuid[]) AS q (id) ORDER BY q.id
ON CONFLICT (question_id) DO NOTHING
RETURNING question_id;

-- topics: the topics of some answers, as far as staff made or changed them
SELECT id, content ->> 'topic' AS topic FROM answer WHERE id = ANY($1::text[]) AND content IS NOT NULL;

-- count: add to what was counted
INSERT INTO question_count AS c (day, kind, language, topic, answer, count)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
ON CONFLICT (day, kind, language, topic, answer) DO UPDATE SET count = c.count + excluded.count;

-- room: how many more missed questions may be kept
SELECT greatest(0, $1 - count(*)) FROM miss;

-- known: those of some missed questions that are kept already
SELECT m.language, m.words FROM miss m
JOIN unnest($1::text[], $2::text[]) AS q (language, words) ON m.language = q.language AND m.words = q.words;

-- miss: keep missed questions
INSERT INTO miss AS m (language, words, count, first_seen, last_seen)
SELECT q.language, q.words, q.count, q.first_seen, q.last_seen
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
    AS q (language, words, count, first_seen, last_seen)
ON CONFLICT (language, words) DO UPDATE
SET count = m.count + excluded.count,
    first_seen = least(m.first_seen, excluded.first_seen),
    last_seen = greatest(m.last_seen, excluded.last_seen);
