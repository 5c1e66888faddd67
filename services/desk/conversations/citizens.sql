-- begin: make rows for those who have none
INSERT INTO citizen (recipient_id)
SELECT DISTINCT c.id FROM unnest($1::uuid[]) AS c (id) ORDER BY c.id
ON CONFLICT (recipient_id) DO NOTHING;

-- lock: who was forgotten, and as whom they go on
SELECT recipient_id, moved_to, forgotten FROM citizen WHERE recipient_id = ANY($1::uuid[])
ORDER BY recipient_id FOR UPDATE;

-- conversations: those of some citizens
SELECT conversation_id FROM conversation WHERE recipient_id = ANY($1::uuid[]);

-- forget: they are to be forgotten
UPDATE citizen SET forgotten = true, seen_at = now() WHERE recipient_id = ANY($1::uuid[]);

-- move: two are one
UPDATE citizen SET moved_to = $2, seen_at = now() WHERE recipient_id = $1;

-- move_conversations: what was one's is the other's
UPDATE conversation SET recipient_id = $2 WHERE recipient_id = $1;

-- erase_utterances: nothing of what was said stays
DELETE FROM utterance WHERE conversation_id = ANY($1::uuid[]);

-- erase_notes: nothing of what was noted stays
DELETE FROM note WHERE conversation_id = ANY($1::uuid[]);

-- erase: of conversations nothing stays but that there were some
UPDATE conversation
SET forgotten = true, recipient_id = NULL, subscription_id = NULL, asks_since = NULL, due = NULL,
    closed_at = coalesce(closed_at, now()), closed_why = coalesce(closed_why, 'withdrawn'),
    held_by = NULL, holder = NULL, held_since = NULL, held_until = NULL,
    word_id = NULL, word_key = NULL, word_box = NULL, changed_at = now()
WHERE conversation_id = ANY($1::uuid[]);
