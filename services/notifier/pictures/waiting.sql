-- keep: note a picture to be read, unless too many wait
INSERT INTO picture (channel, update_id, recipient_id, reference, language, sent_at)
SELECT $1, $2, $3, $4, $5, $6
WHERE (SELECT count(*) FROM picture WHERE channel = $1) < $7
RETURNING true;

-- claim: note a try of the picture that was tried least and waits longest; nobody else takes it meanwhile
UPDATE picture p SET tries = p.tries + 1, due_at = clock_timestamp() + make_interval(secs => $2)
FROM (
    SELECT channel, update_id FROM picture
    WHERE channel = $1 AND due_at <= clock_timestamp()
    ORDER BY tries, update_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED) due
JOIN recipient r ON true
WHERE p.channel = due.channel AND p.update_id = due.update_id AND r.id = p.recipient_id
RETURNING p.update_id, p.recipient_id, p.reference, p.language, p.sent_at, p.tries, r.address, r.key_id;

-- again: let a picture be tried once more at once
UPDATE picture SET due_at = clock_timestamp() WHERE channel = $1 AND update_id = $2;

-- done: a picture waits no more; nothing where somebody else was first
DELETE FROM picture WHERE channel = $1 AND update_id = $2 RETURNING recipient_id;
