-- schema: everything that survives a restart of the simulator
CREATE TABLE IF NOT EXISTS viber_accounts (citizen_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS viber_messages (
    token INTEGER PRIMARY KEY,
    citizen_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (citizen_id, message_id)
);
CREATE TABLE IF NOT EXISTS viber_callbacks (n INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS viber_files (
    name TEXT PRIMARY KEY,
    shown_as TEXT NOT NULL,
    mime TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS viber_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);

-- wipe: forget everybody and everything
DELETE FROM viber_accounts;
DELETE FROM viber_messages;
DELETE FROM viber_callbacks;
DELETE FROM viber_files;
DELETE FROM viber_settings;

-- put_account: write an account as it is now
INSERT INTO viber_accounts (citizen_id, body) VALUES (?, ?)
ON CONFLICT (citizen_id) DO UPDATE SET body = excluded.body;

-- accounts: all of them
SELECT body FROM viber_accounts ORDER BY citizen_id;

-- put_message: write a message as it is now
INSERT INTO viber_messages (token, citizen_id, message_id, body) VALUES (?, ?, ?, ?)
ON CONFLICT (token) DO UPDATE SET body = excluded.body;

-- message: one message of a chat
SELECT body FROM viber_messages WHERE citizen_id = ? AND message_id = ?;

-- messages_of: a chat after a message id, oldest first
SELECT body FROM viber_messages WHERE citizen_id = ? AND message_id > ? ORDER BY message_id;

-- all_messages: every chat, in the order of storing
SELECT body FROM viber_messages ORDER BY token;

-- put_callback: write a callback that waits
INSERT INTO viber_callbacks (n, body) VALUES (?, ?);

-- drop_callback: forget a callback that has come to its end
DELETE FROM viber_callbacks WHERE n = ?;

-- callbacks: what waits, in order
SELECT body FROM viber_callbacks ORDER BY n;

-- put_file: write a file
INSERT INTO viber_files (name, shown_as, mime, data) VALUES (?, ?, ?, ?);

-- file: one file by its name
SELECT shown_as, mime, data FROM viber_files WHERE name = ?;

-- put_setting: write one setting
INSERT INTO viber_settings (key, value) VALUES (?, ?)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- setting: one setting
SELECT value FROM viber_settings WHERE key = ?;
