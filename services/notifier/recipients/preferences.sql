-- set_language: remember the language a recipient chose
UPDATE recipient SET language = $2 WHERE id = $1;

-- set_quiet: remember when a recipient is not to be woken; none: as the agency does
UPDATE recipient SET quiet_from = $2, quiet_until = $3 WHERE id = $1;

-- set_zone: remember a recipient's time zone; none: the agency's
UPDATE recipient SET time_zone = $2 WHERE id = $1;

-- hold_personal: what a recipient chose that nobody else may read, until it is written back
SELECT personal_key_id, personal FROM recipient WHERE id = $1 FOR UPDATE;

-- write_personal: the same, changed
UPDATE recipient SET personal_key_id = $2, personal = $3 WHERE id = $1;

-- await_words: remember what somebody was asked to type next
INSERT INTO dialogue (recipient_id, awaits, subscription_id, expires_at)
VALUES ($1, $2, $3, clock_timestamp() + $4::interval)
ON CONFLICT (recipient_id) DO UPDATE
SET awaits = excluded.awaits, subscription_id = excluded.subscription_id, expires_at = excluded.expires_at;

-- await_nothing: what somebody was asked to type is not asked for any more
DELETE FROM dialogue WHERE recipient_id = $1;
