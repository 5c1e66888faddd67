-- hold_person: whose conversation it is, held before anything of theirs is, as everybody does; alone, for a guest's row
-- is looked at for erasing when all is answered
SELECT id FROM recipient WHERE id = $1 FOR UPDATE;

-- hold: an open conversation of somebody's, held; nothing where it is over or another's
SELECT conversation_id FROM handover WHERE conversation_id = $1 AND recipient_id = $2 AND state = 'open' FOR UPDATE;

-- room: how many files of a conversation are kept, and how many bytes of all
SELECT count(*) FILTER (WHERE conversation_id = $1) AS files, coalesce(sum(size), 0) AS bytes
FROM handover_file WHERE kept_until > clock_timestamp();

-- keep: keep a file for a while
INSERT INTO handover_file (id, conversation_id, size, key_id, box, kept_until)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval)
RETURNING kept_until;

-- part: a part of a sealed file of a conversation, and the size of the whole
SELECT key_id, octet_length(box) AS size, substring(box FROM $3 + 1 FOR $4) AS part
FROM handover_file WHERE id = $2 AND conversation_id = $1 AND kept_until > clock_timestamp();
