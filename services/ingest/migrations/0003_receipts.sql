-- Both are empty in receipts of earlier versions: the tail of the number is unknown, nothing was revoked.
ALTER TABLE receipt ADD COLUMN masked text CHECK (length(masked) <= 16);
ALTER TABLE receipt ADD COLUMN revoked_at timestamptz;
