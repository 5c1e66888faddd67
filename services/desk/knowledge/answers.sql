-- standing: what stands above the agency's own answers; without content: dropped again
SELECT id, version, content, changed_at, changed_by FROM answer ORDER BY id;

-- revision: how many changes there were so far
SELECT coalesce(sum(version), 0)::bigint FROM answer;

-- alone: let nobody else change anything until the end of the transaction
LOCK TABLE answer IN SHARE ROW EXCLUSIVE MODE;

-- versions: the versions of some answers, as far as they were ever changed
SELECT id, version FROM answer WHERE id = ANY($1::text[]);

-- change: make answers what they are now
INSERT INTO answer (id, version, content, changed_at, changed_by)
SELECT c.id, c.version, c.content::json, $4, $5
FROM unnest($1::text[], $2::integer[], $3::text[]) AS c (id, version, content)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, content = excluded.content, changed_at = excluded.changed_at,
    changed_by = excluded.changed_by;

-- remember: add to the history
INSERT INTO answer_version (id, version, at, author, action, content)
SELECT c.id, c.version, $5, $6, c.action, c.content::json
FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[]) AS c (id, version, content, action);

-- tell: wake whoever publishes
SELECT pg_notify('desk_knowledge', '');

-- history: the versions of an answer, the latest first
SELECT version, at, author, action, content FROM answer_version WHERE id = $1 ORDER BY version DESC;

-- count: answers by how they stand
SELECT CASE WHEN content ->> 'withdrawn' = 'true' THEN 'withdrawn' ELSE 'released' END AS standing, count(*) AS answers
FROM answer WHERE content IS NOT NULL
GROUP BY 1;
