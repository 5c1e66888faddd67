-- of: what somebody has written in a conversation and not sent
SELECT box, draft_id, key_id, sealed FROM draft WHERE staff_id = $1 AND conversation_id = $2;

-- keep: keep what somebody has written, unless whom it is for is to be forgotten
INSERT INTO draft (staff_id, conversation_id, box, draft_id, key_id, sealed, kept_at)
SELECT $1, c.conversation_id, $3, $4, $5, $6, $7 FROM conversation c
WHERE c.conversation_id = $2 AND NOT c.forgotten FOR SHARE
ON CONFLICT (staff_id, conversation_id, box) DO UPDATE
SET draft_id = excluded.draft_id, key_id = excluded.key_id, sealed = excluded.sealed, kept_at = excluded.kept_at;

-- clear: forget what is in a box
DELETE FROM draft WHERE staff_id = $1 AND conversation_id = $2 AND box = $3;

-- drop: forget what was sent
DELETE FROM draft WHERE staff_id = $1 AND conversation_id = $2 AND box = $3 AND draft_id = $4;

-- held: the conversations in which somebody has written something
SELECT DISTINCT conversation_id FROM draft WHERE staff_id = $1 ORDER BY conversation_id LIMIT 1000;

-- purge: forget what was not touched since
DELETE FROM draft WHERE (staff_id, conversation_id, box) IN (
    SELECT staff_id, conversation_id, box FROM draft WHERE kept_at < $1 ORDER BY kept_at LIMIT $2
);
