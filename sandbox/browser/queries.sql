-- schema: everything that survives a restart of the simulator
CREATE TABLE IF NOT EXISTS browsers (citizen_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS browser_notifications (
    citizen_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (citizen_id, message_id)
);

-- wipe: forget everybody and everything
DELETE FROM browsers;
DELETE FROM browser_notifications;

-- put_browser: write a browser as it is now
INSERT INTO browsers (citizen_id, body) VALUES (?, ?)
ON CONFLICT (citizen_id) DO UPDATE SET body = excluded.body;

-- browsers: all of them
SELECT body FROM browsers ORDER BY citizen_id;

-- put_shown: write what came up
INSERT INTO browser_notifications (citizen_id, message_id, body) VALUES (?, ?, ?);

-- shown_to: what came up on a phone after an id, oldest first
SELECT body FROM browser_notifications WHERE citizen_id = ? AND message_id > ? ORDER BY message_id;

-- newest: what came up last on a phone
SELECT body FROM browser_notifications WHERE citizen_id = ? ORDER BY message_id DESC LIMIT 1;
