-- fresh: note messages as taken in; those that were not so before
INSERT INTO talk_seen (talk_id)
SELECT DISTINCT t.id FROM unnest($1::uuid[]) AS t (id) ORDER BY t.id
ON CONFLICT (talk_id) DO NOTHING
RETURNING talk_id;

-- begin: make rows for conversations that have none
INSERT INTO conversation (conversation_id)
SELECT DISTINCT c.id FROM unnest($1::uuid[]) AS c (id) ORDER BY c.id
ON CONFLICT (conversation_id) DO NOTHING;

-- lock: conversations as they are
SELECT conversation_id, opened_at IS NOT NULL AS opened, forgotten, heard, said, withdrawn, asks_since, due,
    replies, answers, closed_why, content, content_counted, language, topics, staff_group
FROM conversation WHERE conversation_id = ANY($1::uuid[]) ORDER BY conversation_id FOR UPDATE;

-- open: what conversations are about
UPDATE conversation AS c
SET recipient_id = o.recipient_id, subscription_id = o.subscription_id, opened_at = o.opened_at,
    language = o.language, channel = o.channel, document = o.document, stage = o.stage, office = o.office,
    actionable = o.actionable, overdue = o.overdue, reason = o.reason, urgent = o.actionable OR o.overdue,
    topics = string_to_array(o.topics, ' ')
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::boolean[], $11::boolean[], $12::text[], $13::text[])
    AS o (conversation_id, recipient_id, subscription_id, opened_at, language, channel, document, stage, office,
        actionable, overdue, reason, topics)
WHERE c.conversation_id = o.conversation_id AND c.conversation_id = ANY($1::uuid[]) AND c.opened_at IS NULL;

-- change: what became of conversations; one that is over is held by nobody
UPDATE conversation AS c
SET heard = n.heard, said = n.said, withdrawn = n.withdrawn, asks_since = n.asks_since, due = n.due,
    replies = n.replies, closed_why = n.closed_why, content = n.content, content_counted = n.content_counted,
    closed_at = CASE WHEN n.closed_why IS NOT NULL THEN coalesce(c.closed_at, $11) END,
    held_by = CASE WHEN n.closed_why IS NULL THEN c.held_by END,
    holder = CASE WHEN n.closed_why IS NULL THEN c.holder END,
    held_since = CASE WHEN n.closed_why IS NULL THEN c.held_since END,
    held_until = CASE WHEN n.closed_why IS NULL THEN c.held_until END,
    rated_at = CASE WHEN n.content IS NOT NULL THEN coalesce(c.rated_at, $11) END,
    changed_at = $11
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[], $5::timestamptz[], $6::timestamptz[],
        $7::integer[], $8::text[], $9::boolean[], $10::boolean[])
    AS n (conversation_id, heard, said, withdrawn, asks_since, due, replies, closed_why, content,
        content_counted)
WHERE c.conversation_id = n.conversation_id AND c.conversation_id = ANY($1::uuid[]);

-- say: keep what citizens said
INSERT INTO utterance (utterance_id, conversation_id, by_staff, number, arrival, at, key, box)
SELECT u.utterance_id, u.conversation_id, false, u.number, u.arrival, u.at, u.key, u.box
FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[], $5::timestamptz[], $6::text[], $7::bytea[])
    AS u (utterance_id, conversation_id, number, arrival, at, key, box);

-- send: keep what is known of the files that citizens sent
INSERT INTO sent_file (utterance_id, file_id, type, size, kept_until)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::timestamptz[]);

-- reach: how deliveries of answers ended; the first end counts
UPDATE utterance AS u SET ended = r.ended
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS r (conversation_id, reply_id, ended)
WHERE u.utterance_id = r.reply_id AND u.utterance_id = ANY($2::uuid[])
    AND u.conversation_id = r.conversation_id AND u.by_staff
    AND u.ended IS NULL;

-- word: keep what citizens wrote beside their judgement; the first word counts
UPDATE conversation AS c SET word_id = w.word_id, word_key = w.key, word_box = w.box
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[]) AS w (conversation_id, word_id, key, box)
WHERE c.conversation_id = w.conversation_id AND c.conversation_id = ANY($1::uuid[])
    AND c.word_id IS NULL AND NOT c.forgotten;

-- rate: add to what was counted
INSERT INTO rating_count AS r (day, topic, language, staff_group, content, rated)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
ON CONFLICT (day, topic, language, staff_group) DO UPDATE
SET content = r.content + excluded.content, rated = r.rated + excluded.rated;

-- topics: the topics of some answers, as far as staff made or changed them
SELECT id, content ->> 'topic' AS topic FROM answer WHERE id = ANY($1::text[]) AND content IS NOT NULL;
