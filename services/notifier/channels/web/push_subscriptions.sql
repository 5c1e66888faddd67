-- drop_elsewhere: one browser tells what one session hears: forget it under another device
DELETE FROM push_subscription WHERE lookup = ANY ($1::bytea[]) AND device_id <> $2;

-- put: push to a device from now on; nothing where it shows the session no more
INSERT INTO push_subscription AS p (device_id, lookup, box, key_id)
SELECT id, $2, $3, $4 FROM page_device WHERE id = $1
ON CONFLICT (device_id) DO UPDATE
SET lookup = excluded.lookup, box = excluded.box, key_id = excluded.key_id, since = excluded.since, failing_since = NULL
RETURNING true;

-- drop: push to a device no more
DELETE FROM push_subscription WHERE device_id = $1;

-- lookup_of: by what a device's subscription is known; nothing where it has none
SELECT lookup FROM push_subscription WHERE device_id = $1 AND failing_since IS NULL;

-- of_session: the devices of a session that are pushed to
SELECT p.device_id, p.box, p.key_id, p.failing_since
FROM page_session s JOIN page_device d ON d.session_id = s.id JOIN push_subscription p ON p.device_id = d.id
WHERE s.digest = $1 ORDER BY p.since, p.device_id;

-- drop_gone: devices that take nothing any more, as long as they did not subscribe anew
DELETE FROM push_subscription p USING unnest($1::uuid[], $2::bytea[]) AS gone (device_id, box)
WHERE p.device_id = gone.device_id AND p.box = gone.box;

-- took: devices that took something
UPDATE push_subscription SET failing_since = NULL WHERE device_id = ANY ($1::uuid[]);

-- took_nothing: devices that took nothing, some of them not for the first time
UPDATE push_subscription SET failing_since = clock_timestamp()
WHERE device_id = ANY ($1::uuid[]) AND failing_since IS NULL;

-- detail_of: how much may be shown on the devices of a session; NULL where nobody said
SELECT a.detail FROM page_session s JOIN address a ON a.id = s.address_id WHERE s.id = $1;

-- choose_detail: how much may be shown on the devices of a session from now on
UPDATE address a SET detail = $2 FROM page_session s WHERE s.id = $1 AND a.id = s.address_id;
