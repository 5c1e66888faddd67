-- purge: remove conversations that ended long enough ago, with all that was said
DELETE FROM conversation WHERE conversation_id IN (
    SELECT conversation_id FROM conversation WHERE closed_at < $1 ORDER BY closed_at LIMIT $2
    FOR UPDATE SKIP LOCKED
);

-- purge_unopened: remove those whose beginning never came, once their stream cannot bring it any more
DELETE FROM conversation WHERE conversation_id IN (
    SELECT conversation_id FROM conversation WHERE opened_at IS NULL AND changed_at < $1 LIMIT $2
    FOR UPDATE SKIP LOCKED
);

-- purge_seen: forget messages that cannot come again
DELETE FROM talk_seen WHERE talk_id IN (SELECT talk_id FROM talk_seen WHERE at < $1 ORDER BY at LIMIT $2);

-- purge_citizens: forget citizens of whom nothing is kept
DELETE FROM citizen WHERE recipient_id IN (
    SELECT recipient_id FROM citizen c WHERE seen_at < $1
        AND NOT EXISTS (SELECT FROM conversation WHERE recipient_id = c.recipient_id)
    ORDER BY seen_at LIMIT $2 FOR UPDATE SKIP LOCKED
);

-- purge_presence: forget staff who do not come any more
DELETE FROM presence WHERE staff_id IN (SELECT staff_id FROM presence WHERE seen_at < $1 LIMIT $2);
