-- guests: sessions of nobody's that nobody has looked at for two hours
DELETE FROM page_session WHERE id IN (
    SELECT id FROM page_session
    WHERE address_id IS NULL AND seen_at < clock_timestamp() - interval '2 hours' LIMIT $1);

-- old_messages: what was said long ago
DELETE FROM page_message WHERE id IN (
    SELECT id FROM page_message WHERE at < clock_timestamp() - $2::interval ORDER BY at LIMIT $1);

-- old_uploads: what was sent through the form and nobody dealt with
DELETE FROM page_upload WHERE at < clock_timestamp() - interval '1 hour';

-- old_passes: codes that work no more
DELETE FROM page_pass WHERE expires_at < clock_timestamp();

-- absent: those who have not opened the page since something was put there long ago, and whom no push reaches
SELECT s.id, s.digest, array_agg(m.id) AS messages
FROM page_session s JOIN page_message m ON m.session_id = s.id AND m.ours AND m.seen_at IS NULL
WHERE s.address_id IS NOT NULL AND s.absent_since IS NULL
  AND m.at < clock_timestamp() - $2::interval AND s.seen_at < clock_timestamp() - $2::interval
  AND NOT EXISTS (
      SELECT FROM push_subscription p JOIN page_device d ON d.id = p.device_id
      WHERE d.session_id = s.id AND p.failing_since IS NULL)
GROUP BY s.id, s.digest LIMIT $1;

-- give_up: nothing is sent to somebody until they open the page again
UPDATE page_session SET absent_since = clock_timestamp() WHERE id = $1 AND absent_since IS NULL;
