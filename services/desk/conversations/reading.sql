-- read: a conversation whose beginning is known
SELECT conversation_id, language, channel, topics, document, stage, office, actionable, overdue, reason,
    opened_at, due, asks_since, heard, closed_why, content, rated_at, word_id, word_key, word_box,
    CASE WHEN held_until > clock_timestamp() THEN held_by END AS held_by,
    CASE WHEN held_until > clock_timestamp() THEN holder END AS holder,
    CASE WHEN held_until > clock_timestamp() THEN held_until END AS held_until
FROM conversation WHERE conversation_id = $1 AND opened_at IS NOT NULL;

-- said: the latest of what one side said, by its numbers
SELECT u.utterance_id, u.by_staff, u.number, u.at, u.key, u.box, u.author, u.public_name, u.ended,
    f.file_id, f.type, f.size, f.kept_until
FROM utterance u LEFT JOIN sent_file f USING (utterance_id)
WHERE u.conversation_id = $1 AND u.by_staff = $2 ORDER BY u.number DESC LIMIT $3;

-- file: a file that was sent in a conversation whose beginning is known
SELECT f.file_id, f.type, f.size, f.kept_until
FROM sent_file f JOIN utterance u USING (utterance_id) JOIN conversation c USING (conversation_id)
WHERE u.conversation_id = $1 AND f.file_id = $2 AND c.opened_at IS NOT NULL;

-- notes: the latest notes
SELECT note_id, at, author, key, box FROM note WHERE conversation_id = $1 ORDER BY at DESC LIMIT $2;

-- utterances: what was said before an instant, the newest first
SELECT u.utterance_id, u.at, u.key, u.box, c.conversation_id, c.language, c.channel, c.topics, c.document,
    c.stage, c.office, c.actionable, c.overdue, c.reason, c.asks_since, c.closed_why,
    c.held_until > clock_timestamp() AS held
FROM utterance u JOIN conversation c USING (conversation_id)
WHERE c.opened_at IS NOT NULL AND (u.at, u.utterance_id) < ($1, $2)
ORDER BY u.at DESC, u.utterance_id DESC LIMIT $3;
