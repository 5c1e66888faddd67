-- A notice withdrawn while it was in the air ends withdrawn instead of being tried again.
ALTER TABLE delivery ADD COLUMN withdrawn text;

-- Withdrawals of notices that have not come yet; forgotten when the stream cannot hold the notice any more.
CREATE TABLE withdrawn_notice (
    notice_id uuid PRIMARY KEY,
    reason text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX withdrawn_notice_stored ON withdrawn_notice (stored_at);
