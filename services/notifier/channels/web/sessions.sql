-- begin: a session with the one browser that it begins in; nothing where one began by this cookie before
WITH session AS (
    INSERT INTO page_session (id, digest, language) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING RETURNING id
)
INSERT INTO page_device (id, session_id, digest) SELECT $4, id, $2 FROM session RETURNING true;

-- of_device: the session that a browser's cookie opens
SELECT s.id, d.id AS device_id, s.digest, s.address_id, s.language,
       d.seen_at < clock_timestamp() - interval '15 minutes' OR s.seen_at < clock_timestamp() - interval '15 minutes'
       OR s.absent_since IS NOT NULL AS stale,
       s.absent_since IS NOT NULL AS absent
FROM page_device d JOIN page_session s ON s.id = d.session_id
WHERE d.digest = $1;

-- touch: somebody looks at a session, in one of its browsers, which is changed first as by whoever leaves: no deadlocks
WITH device AS (
    UPDATE page_device SET seen_at = clock_timestamp() WHERE id = $2 RETURNING session_id
)
UPDATE page_session s SET seen_at = clock_timestamp(), absent_since = NULL FROM device
WHERE s.id = $1 AND s.id = device.session_id;

-- speak: the language of a session whose owner is not on record
UPDATE page_session SET language = $2 WHERE id = $1;

-- leave: a browser shows a session no more, which its open streams learn; what no browser shows is gone
WITH gone AS (
    DELETE FROM page_device WHERE id = $2 AND session_id = $1 RETURNING session_id
), over AS (
    DELETE FROM page_session s USING gone
    WHERE s.id = gone.session_id
      AND NOT EXISTS (SELECT FROM page_device d WHERE d.session_id = s.id AND d.id <> $2)
)
SELECT pg_notify('docwatch_page', session_id::text) FROM gone;

-- leave_others: all other browsers show a session no more, and streams that are open in them learn of it
WITH gone AS (
    DELETE FROM page_device WHERE session_id = $1 AND id <> $2 RETURNING session_id
)
SELECT pg_notify('docwatch_page', session_id::text) FROM gone;

-- shown_by: whether a browser shows a session
SELECT EXISTS (SELECT FROM page_device WHERE id = $2 AND session_id = $1);

-- renew: a browser has another cookie
UPDATE page_device SET digest = $2 WHERE id = $1;

-- count_devices: how many browsers show a session
SELECT count(*) FROM page_device WHERE session_id = $1;

-- forget_passes: what works no more, and what a session gave out before
DELETE FROM page_pass WHERE session_id = $1 OR expires_at < clock_timestamp();

-- give_pass: let whoever brings a code show a session, until it expires; nothing for a guest's, nor where the browser
-- shows it no more: it is held, so that whoever takes the page off it finds what it gave out
WITH shown AS MATERIALIZED (
    SELECT s.id FROM page_device d JOIN page_session s ON s.id = d.session_id
    WHERE d.id = $4 AND s.id = $2 AND s.address_id IS NOT NULL FOR KEY SHARE OF d
)
INSERT INTO page_pass (lookup, session_id, expires_at) SELECT $1, id, clock_timestamp() + $3::interval FROM shown
RETURNING true;

-- use_pass: the session that a code opens, in one more browser; nothing where it works no more, or in too many already
WITH used AS (
    DELETE FROM page_pass WHERE lookup = ANY ($1::bytea[]) AND expires_at > clock_timestamp() RETURNING session_id
), device AS (
    INSERT INTO page_device (id, session_id, digest)
    SELECT $2, u.session_id, $3 FROM used u
    WHERE (SELECT count(*) FROM page_device d WHERE d.session_id = u.session_id) < $4
    RETURNING session_id
)
SELECT s.id, s.digest, s.address_id, s.language FROM device JOIN page_session s ON s.id = device.session_id;
