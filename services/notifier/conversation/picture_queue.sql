-- keep: note a picture to be read, unless too many wait
INSERT INTO picture (channel, update_id, recipient_id, reference, language, sent_at, address_id, conversation_id)
SELECT $1, $2, $3, $4, $5, $6, $8, $9
WHERE (SELECT count(*) FROM picture WHERE channel = $1) < $7
RETURNING true;

-- claim: note a try of a picture, so that nobody else takes it meanwhile: what was tried least goes first, then one
-- of each person's in turn, then what waits longest
UPDATE picture p SET tries = p.tries + 1, due_at = clock_timestamp() + make_interval(secs => $2)
FROM (
    SELECT channel, update_id FROM picture waiting
    WHERE channel = $1 AND due_at <= clock_timestamp()
    ORDER BY tries,
             (SELECT count(*) FROM picture mine
              WHERE mine.recipient_id = waiting.recipient_id AND mine.update_id < waiting.update_id),
             update_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED) due
JOIN address a ON true
WHERE p.channel = due.channel AND p.update_id = due.update_id AND a.id = coalesce(p.address_id, p.recipient_id)
RETURNING p.update_id, p.recipient_id, a.id AS address_id, p.reference, p.language, p.sent_at, p.tries, a.address,
          a.key_id, p.conversation_id;

-- again: let a picture be tried once more at once
UPDATE picture SET due_at = clock_timestamp() WHERE channel = $1 AND update_id = $2;

-- done: a picture waits no more; nothing where somebody else was first
DELETE FROM picture WHERE channel = $1 AND update_id = $2 RETURNING recipient_id;
