-- schema: everything that survives a restart of the simulator
CREATE TABLE IF NOT EXISTS citizens (
    citizen_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    started INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    unread INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    citizen_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    sender TEXT NOT NULL,
    text TEXT NOT NULL,
    entities TEXT NOT NULL,
    keyboard TEXT NOT NULL,
    protected INTEGER NOT NULL,
    at TEXT NOT NULL,
    edited_at TEXT,
    UNIQUE (citizen_id, message_id)
);
CREATE TABLE IF NOT EXISTS attachments (
    citizen_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    forwarded_from TEXT,
    PRIMARY KEY (citizen_id, message_id)
);
CREATE TABLE IF NOT EXISTS files (
    file_id TEXT PRIMARY KEY,
    unique_id TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    mime TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS updates (
    update_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS taps (
    query_id TEXT PRIMARY KEY,
    citizen_id INTEGER NOT NULL,
    at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS receipts (
    receipt_id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    holder TEXT NOT NULL,
    code TEXT NOT NULL,
    link TEXT NOT NULL,
    scanned_by TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS receipt_links (receipt_id TEXT PRIMARY KEY, links TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS profile (key TEXT PRIMARY KEY, value TEXT NOT NULL);

-- wipe: forget everybody and everything, but give no update id twice
DELETE FROM citizens;
DELETE FROM messages;
DELETE FROM attachments;
DELETE FROM files;
DELETE FROM updates;
DELETE FROM taps;
DELETE FROM receipts;
DELETE FROM receipt_links;
DELETE FROM profile;

-- put_citizen: write a citizen as they are now
INSERT INTO citizens (citizen_id, name, language, started, blocked, unread)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (citizen_id) DO UPDATE SET
    name = excluded.name, language = excluded.language, started = excluded.started,
    blocked = excluded.blocked, unread = excluded.unread;

-- citizens: everybody, in the order in which they came
SELECT citizen_id, name, language, started, blocked, unread FROM citizens ORDER BY citizen_id;

-- put_message: write a new message
INSERT INTO messages (citizen_id, message_id, sender, text, entities, keyboard, protected, at, edited_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- put_attachment: write what a message carries besides text
INSERT INTO attachments (citizen_id, message_id, kind, body, forwarded_from) VALUES (?, ?, ?, ?, ?);

-- put_file: write a file
INSERT INTO files (file_id, unique_id, path, name, mime, data) VALUES (?, ?, ?, ?, ?, ?);

-- file: one file by its id
SELECT file_id, unique_id, path, name, mime, data FROM files WHERE file_id = ?;

-- file_at: one file by where the bot downloads it
SELECT file_id, unique_id, path, name, mime, data FROM files WHERE path = ?;

-- count_files: how many files there are
SELECT count(*) FROM files;

-- edit_message: write what a message says now
UPDATE messages SET text = ?, entities = ?, keyboard = ?, protected = ?, edited_at = ?
WHERE citizen_id = ? AND message_id = ?;

-- message: one message
SELECT citizen_id, message_id, sender, text, entities, keyboard, protected, at, edited_at,
    kind, body, forwarded_from
FROM messages LEFT JOIN attachments USING (citizen_id, message_id)
WHERE citizen_id = ? AND message_id = ?;

-- messages_of: a chat after a message id, oldest first
SELECT citizen_id, message_id, sender, text, entities, keyboard, protected, at, edited_at,
    kind, body, forwarded_from
FROM messages LEFT JOIN attachments USING (citizen_id, message_id)
WHERE citizen_id = ? AND message_id > ? ORDER BY message_id;

-- all_messages: every chat, in the order of storing
SELECT citizen_id, message_id, sender, text, entities, keyboard, protected, at, edited_at,
    kind, body, forwarded_from
FROM messages LEFT JOIN attachments USING (citizen_id, message_id)
ORDER BY seq;

-- last_messages: the newest message of each chat
SELECT citizen_id, max(message_id), sender, text, entities, keyboard, protected, at, edited_at,
    kind, body, forwarded_from
FROM messages LEFT JOIN attachments USING (citizen_id, message_id)
GROUP BY citizen_id;

-- put_update: write an update that waits for the bot
INSERT INTO updates (kind, queue, at, body) VALUES (?, ?, ?, ?);

-- drop_update: forget an update that the bot has, or that is too old
DELETE FROM updates WHERE update_id = ?;

-- updates: what waits, in order
SELECT update_id, kind, queue, at, body FROM updates ORDER BY update_id;

-- put_tap: write a tapped button that waits for its answer
INSERT INTO taps (query_id, citizen_id, at) VALUES (?, ?, ?);

-- take_tap: remove a tapped button and return whose it was and when
DELETE FROM taps WHERE query_id = ? RETURNING citizen_id, at;

-- put_receipt: write a receipt as it is now
INSERT INTO receipts (receipt_id, document, holder, code, link, scanned_by)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (receipt_id) DO UPDATE SET
    document = excluded.document, holder = excluded.holder, code = excluded.code,
    link = excluded.link, scanned_by = excluded.scanned_by;

-- put_receipt_links: write a receipt's links by messenger
INSERT INTO receipt_links (receipt_id, links) VALUES (?, ?)
ON CONFLICT (receipt_id) DO UPDATE SET links = excluded.links;

-- receipts: all of them, in the order in which they came
SELECT receipt_id, document, holder, code, link, scanned_by, coalesce(links, '{}')
FROM receipts LEFT JOIN receipt_links USING (receipt_id) ORDER BY receipts.rowid;

-- put_profile: write one setting of the bot
INSERT INTO profile (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- profile: every setting of the bot
SELECT key, value FROM profile;
