-- hold_people: the people whose conversations these are, held before the conversations are, as everybody does; alone, for a
-- guest's row is looked at for erasing when all is told
SELECT r.id FROM recipient r
WHERE r.id IN (SELECT recipient_id FROM handover WHERE conversation_id = ANY ($1::uuid[]))
ORDER BY r.id
FOR UPDATE;

-- hold: these conversations, in one order
SELECT conversation_id FROM handover WHERE conversation_id = ANY ($1::uuid[]) ORDER BY conversation_id FOR UPDATE;

-- conversation: one of them, and whose it is
SELECT h.conversation_id, h.recipient_id, h.address_id, h.language AS spoken, h.state, h.heard,
       r.language, r.consented_at, r.time_zone, r.personal, r.personal_key_id
FROM handover h JOIN recipient r ON r.id = h.recipient_id
WHERE h.conversation_id = $1;

-- keep: note that a reply has come; nothing where it came before. One that was waited for in vain is not told any more.
INSERT INTO handover_reply (reply_id, conversation_id, number, reported, payload)
SELECT $1, h.conversation_id, $3, $4, CASE WHEN $3 > h.heard THEN $5::bytea END FROM handover h WHERE h.conversation_id = $2
ON CONFLICT DO NOTHING RETURNING reply_id;

-- waiting: the replies of a conversation that have come and were not told
SELECT number, payload FROM handover_reply WHERE conversation_id = $1 AND payload IS NOT NULL ORDER BY number;

-- stuck: conversations in which a reply has waited for so long that what is missing will not come
SELECT DISTINCT conversation_id FROM handover_reply
WHERE payload IS NOT NULL AND came_at < clock_timestamp() - $1::interval
LIMIT 100;

-- told: they are told now, up to a number
UPDATE handover_reply SET payload = NULL
WHERE conversation_id = $1 AND number <= $2 AND payload IS NOT NULL;

-- heard: up to which number a conversation was told
UPDATE handover SET heard = $2 WHERE conversation_id = $1;

-- close: the desk ended a conversation, and the citizen is asked how it was, or not
UPDATE handover SET state = 'closed', ended_at = coalesce(ended_at, clock_timestamp()), rate = rate OR $2
WHERE conversation_id = $1;

-- open_again: something was said while the desk ended a conversation, so it goes on; beside another one it gets answers
UPDATE handover h
SET ended_at = NULL,
    state = CASE WHEN EXISTS (SELECT FROM handover o WHERE o.recipient_id = h.recipient_id AND o.state = 'open')
                 THEN 'aside' ELSE 'open' END
WHERE h.conversation_id = $1 AND h.state = 'closed' AND NOT h.withdrawn;

-- place: where somebody is now: where they wrote last in the conversation, else in the chat that they wrote from last;
-- none where nothing can be written to
SELECT a.id, a.channel FROM address a
WHERE a.recipient_id = $1 AND a.channel = ANY ($3::text[]) AND a.unreachable_since IS NULL
ORDER BY a.id <> $2, a.heard_at DESC
LIMIT 1;

-- store: keep a message of the desk's as an answer; nothing where it is kept already
INSERT INTO delivery (id, channel, address_id, recipient_id, kind, class, payload, created_at, expires_at, trace, state)
VALUES ($1, $2, $3, $4, 'answer', 0, $5, clock_timestamp(), clock_timestamp() + $6::interval, $7, 'pending')
ON CONFLICT (id) DO NOTHING;
