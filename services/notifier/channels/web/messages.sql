-- put: one more message of a conversation, unless it is there already; nothing where there is no such session, and
-- nothing of ours where nobody has looked for so long that it was given up
WITH session AS (
    UPDATE page_session SET version = version + 1
    WHERE digest = $1 AND (absent_since IS NULL OR NOT $3) RETURNING id, version
), put AS (
    INSERT INTO page_message (id, session_id, place, version, ours, box, key_id, at, seen_at)
    SELECT $2, id, version, version, $3, $4, $5, coalesce($6, clock_timestamp()),
           CASE WHEN NOT $3 THEN clock_timestamp() END
    FROM session
    ON CONFLICT (id) DO NOTHING
    RETURNING session_id
)
SELECT id, version, EXISTS (SELECT FROM put) AS new, pg_notify('docwatch_page', id::text) FROM session;

-- given_up: whether nobody has looked at a session for too long; nothing where there is no such session
SELECT absent_since IS NOT NULL FROM page_session WHERE digest = $1;

-- change: another text in place of one of ours; nothing where that is gone
WITH session AS (
    UPDATE page_session s SET version = version + 1
    WHERE s.digest = $1 AND EXISTS (SELECT FROM page_message m WHERE m.session_id = s.id AND m.id = $2 AND m.ours)
    RETURNING id, version
)
UPDATE page_message m SET box = $3, key_id = $4, version = session.version
FROM session WHERE m.id = $2 AND m.session_id = session.id
RETURNING session.id, pg_notify('docwatch_page', session.id::text);

-- since: what came or changed in a conversation after a version, in its order
SELECT id, place, version, ours, box, key_id, at, seen_at FROM page_message
WHERE session_id = $1 AND version > $2 ORDER BY version LIMIT $3;

-- last: the end of a conversation, newest first
SELECT id, place, version, ours, box, key_id, at, seen_at FROM page_message
WHERE session_id = $1 ORDER BY place DESC LIMIT $2;

-- one: one message of a conversation
SELECT id, place, version, ours, box, key_id, at, seen_at FROM page_message WHERE session_id = $1 AND id = $2;

-- version: how often a conversation has changed; nothing where it is over
SELECT version FROM page_session WHERE id = $1;

-- unseen: what of ours nobody has seen up to a version
SELECT id FROM page_message
WHERE session_id = $1 AND ours AND seen_at IS NULL AND version <= $2 ORDER BY version LIMIT $3;

-- see: note that these were seen
UPDATE page_message SET seen_at = clock_timestamp() WHERE session_id = $1 AND id = ANY ($2::uuid[]) AND seen_at IS NULL;

-- crop: no conversation grows without end: the oldest beyond so many go
DELETE FROM page_message WHERE id IN (
    SELECT id FROM page_message WHERE session_id = $1 ORDER BY place DESC OFFSET $2);
