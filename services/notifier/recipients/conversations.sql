-- desk_of: which conversation is open with somebody, and what they were asked to type for people who answer
SELECT h.conversation_id AS open, t.what, t.reason, t.subscription_id, t.document, t.conversation_id,
       EXISTS (SELECT FROM handover any_ WHERE any_.recipient_id = r.id) AS held
FROM (SELECT $1::uuid AS id) r
LEFT JOIN handover h ON h.recipient_id = r.id AND h.state = 'open'
LEFT JOIN handover_typing t ON t.recipient_id = r.id AND t.expires_at > clock_timestamp();

-- await_typing: remember what somebody was asked to type
INSERT INTO handover_typing (recipient_id, what, reason, subscription_id, document, conversation_id, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::interval)
ON CONFLICT (recipient_id) DO UPDATE
SET what = excluded.what, reason = excluded.reason, subscription_id = excluded.subscription_id,
    document = excluded.document, conversation_id = excluded.conversation_id, expires_at = excluded.expires_at;

-- await_nothing: it is not asked for any more
DELETE FROM handover_typing WHERE recipient_id = $1;

-- begun_today: how many conversations somebody began within a day
SELECT count(*) FROM handover WHERE recipient_id = $1 AND opened_at > clock_timestamp() - interval '24 hours';

-- open: begin a conversation; nothing where one is open
INSERT INTO handover (conversation_id, recipient_id, address_id, language, state, said)
VALUES ($1, $2, $3, $4, 'open', 1)
ON CONFLICT DO NOTHING RETURNING conversation_id;

-- open_of: which conversation is open with somebody
SELECT conversation_id FROM handover WHERE recipient_id = $1 AND state = 'open';

-- say: number what is said next in an open conversation, by where the citizen is now
UPDATE handover SET said = said + 1, address_id = $3, language = $4, heard_at = clock_timestamp()
WHERE conversation_id = $1 AND recipient_id = $2 AND state = 'open'
RETURNING said;

-- end: end a conversation of somebody's
UPDATE handover SET said = said + 1, state = 'closed', withdrawn = true, ended_at = clock_timestamp()
WHERE conversation_id = $1 AND recipient_id = $2 AND state <> 'closed'
RETURNING said;

-- rate: note somebody's judgement, once, of a conversation after which they were asked
UPDATE handover SET said = said + 1, content = $3
WHERE conversation_id = $1 AND recipient_id = $2 AND rate AND content IS NULL
RETURNING said;

-- word: note that a word came with a judgement, once
UPDATE handover SET said = said + 1, worded = true
WHERE conversation_id = $1 AND recipient_id = $2 AND content IS NOT NULL AND NOT worded
RETURNING said, content;

-- hold_told: the conversations of some replies whose end the desk wants to know, held in one order
SELECT p.reply_id, h.conversation_id
FROM handover_reply p JOIN handover h ON h.conversation_id = p.conversation_id
WHERE p.reply_id = ANY ($1::uuid[]) AND p.reported
ORDER BY h.conversation_id, p.number
FOR UPDATE OF h;

-- number: what is told the desk next of a conversation, whatever its state
UPDATE handover SET said = said + 1 WHERE conversation_id = $1 RETURNING said;

-- forget: nothing is left of somebody's conversations here
DELETE FROM handover WHERE recipient_id = $1 RETURNING conversation_id;

-- aside: an open conversation of who joins somebody that has one as well gets answers only
UPDATE handover SET state = 'aside'
WHERE recipient_id = $1 AND state = 'open'
  AND EXISTS (SELECT FROM handover own WHERE own.recipient_id = $2 AND own.state = 'open');

-- take: the conversations of one are another's from now on
UPDATE handover SET recipient_id = $2 WHERE recipient_id = $1 RETURNING conversation_id;

-- spoken: somebody's conversations, oldest first
SELECT conversation_id, opened_at, ended_at, content FROM handover WHERE recipient_id = $1 ORDER BY opened_at;
