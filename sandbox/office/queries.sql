-- schema: what the clerk has written down
CREATE TABLE IF NOT EXISTS applications (
    receipt_id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    document_type TEXT NOT NULL,
    holder TEXT NOT NULL,
    office TEXT NOT NULL,
    code TEXT NOT NULL,
    link TEXT NOT NULL,
    stamped TEXT NOT NULL,
    pending TEXT
);

-- put: write an application as it is now
INSERT INTO applications (receipt_id, number, document_type, holder, office, code, link, stamped, pending)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (receipt_id) DO UPDATE SET
    office = excluded.office, code = excluded.code, link = excluded.link,
    stamped = excluded.stamped, pending = excluded.pending;

-- all: every application, the newest first
SELECT receipt_id, number, document_type, holder, office, code, link, stamped, pending FROM applications
ORDER BY rowid DESC;

-- wipe: forget all of them
DELETE FROM applications;
