-- schema: everything that survives a restart of the simulator
CREATE TABLE IF NOT EXISTS sms_accounts (citizen_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sms_messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    citizen_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (citizen_id, message_id)
);
CREATE TABLE IF NOT EXISTS sms_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);

-- wipe: forget everybody and everything
DELETE FROM sms_accounts;
DELETE FROM sms_messages;
DELETE FROM sms_settings;

-- put_account: write an account as it is now
INSERT INTO sms_accounts (citizen_id, body) VALUES (?, ?)
ON CONFLICT (citizen_id) DO UPDATE SET body = excluded.body;

-- accounts: all of them
SELECT body FROM sms_accounts ORDER BY citizen_id;

-- put_message: write a text as it is now
INSERT INTO sms_messages (citizen_id, message_id, body) VALUES (?, ?, ?)
ON CONFLICT (citizen_id, message_id) DO UPDATE SET body = excluded.body;

-- messages_of: a chat after a message id, oldest first
SELECT body FROM sms_messages WHERE citizen_id = ? AND message_id > ? ORDER BY message_id;

-- all_messages: every chat, in the order of storing
SELECT body FROM sms_messages ORDER BY n;

-- put_setting: write one setting
INSERT INTO sms_settings (key, value) VALUES (?, ?)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- setting: one setting
SELECT value FROM sms_settings WHERE key = ?;
