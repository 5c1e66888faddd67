-- words: what somebody and staff wrote to each other, the newest first
SELECT u.utterance_id, u.conversation_id, u.at, u.by_staff, u.public_name, u.key, u.box
FROM conversation c JOIN utterance u USING (conversation_id)
WHERE c.recipient_id = $1
ORDER BY u.at DESC, u.utterance_id DESC LIMIT $2;
