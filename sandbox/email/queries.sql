-- schema: everything that survives a restart of the simulator
CREATE TABLE IF NOT EXISTS email_mails (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    citizen_id INTEGER NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    envelope_id TEXT,
    raw BLOB NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS email_mails_of ON email_mails (citizen_id, number);
CREATE TABLE IF NOT EXISTS email_mailboxes (
    citizen_id INTEGER PRIMARY KEY,
    read_up_to INTEGER NOT NULL,
    closed INTEGER NOT NULL
);

-- wipe: forget everybody and everything
DELETE FROM email_mails;
DELETE FROM email_mailboxes;

-- put_mail: keep a letter
INSERT INTO email_mails (citizen_id, sender, recipient, envelope_id, raw, at) VALUES (?, ?, ?, ?, ?, ?)
RETURNING number;

-- mails_of: a mailbox after a letter's number, oldest first
SELECT number, citizen_id, sender, recipient, envelope_id, raw, at FROM email_mails
WHERE citizen_id = ? AND number > ? ORDER BY number;

-- all_mails: every letter in the order of coming
SELECT number, citizen_id, sender, recipient, envelope_id, raw, at FROM email_mails WHERE number > ? ORDER BY number;

-- last_of: the newest letter of a mailbox
SELECT number, citizen_id, sender, recipient, envelope_id, raw, at FROM email_mails
WHERE citizen_id = ? ORDER BY number DESC LIMIT 1;

-- unread: how many letters came after a number
SELECT count(*) FROM email_mails WHERE citizen_id = ? AND number > ?;

-- put_mailbox: write a mailbox as it is now
INSERT INTO email_mailboxes (citizen_id, read_up_to, closed) VALUES (?, ?, ?)
ON CONFLICT (citizen_id) DO UPDATE SET read_up_to = excluded.read_up_to, closed = excluded.closed;

-- mailboxes: all that anything was done with
SELECT citizen_id, read_up_to, closed FROM email_mailboxes ORDER BY citizen_id;

-- mailbox: one of them
SELECT citizen_id, read_up_to, closed FROM email_mailboxes WHERE citizen_id = ?;
