-- misses: missed questions, the most frequent first
SELECT language, words, count, first_seen, last_seen FROM miss
WHERE $1::text IS NULL OR language = $1
ORDER BY count DESC, last_seen DESC, language, words
LIMIT $2;

-- forget: remove a missed question
DELETE FROM miss WHERE words = $1 RETURNING language;

-- number: how many missed questions are kept
SELECT count(*) FROM miss;

-- counted: how questions fared since a day
SELECT kind, language, topic, answer, sum(count)::bigint AS count FROM question_count
WHERE day >= $1
GROUP BY kind, language, topic, answer
ORDER BY kind, language, topic, answer;

-- purge_misses: remove missed questions that nobody asked any more since then
DELETE FROM miss WHERE (language, words) IN (
    SELECT language, words FROM miss WHERE last_seen < $1 ORDER BY last_seen LIMIT $2
);

-- purge_seen: forget messages that cannot come again
DELETE FROM question_seen WHERE question_id IN (
    SELECT question_id FROM question_seen WHERE at < $1 ORDER BY at LIMIT $2
);
