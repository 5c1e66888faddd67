-- Shares of the right to follow, and when to look whether a document is overdue.

-- A share is a claim for one person, which stands only while its receipt's claim does. NOT VALID: the rows
-- before it need no look under the lock, they have none of the three.
ALTER TABLE claim ADD COLUMN parent_id uuid REFERENCES claim ON DELETE CASCADE;
ALTER TABLE claim ADD COLUMN shared_by uuid;
ALTER TABLE claim ADD COLUMN expires_at timestamptz;
ALTER TABLE claim ADD CONSTRAINT a_share_is_whole CHECK (
    num_nonnulls(parent_id, shared_by, expires_at) IN (0, 3)
) NOT VALID;

-- When somebody is to look at the application again; null where nothing is expected of the agency. Those that
-- stand already are looked at once.
ALTER TABLE application ADD COLUMN look_at timestamptz DEFAULT now();
ALTER TABLE application ALTER COLUMN look_at DROP DEFAULT;

-- One process at a time holds a role.
CREATE TABLE lease (
    role text PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
