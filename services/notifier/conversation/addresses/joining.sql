-- hold_guest: hold somebody without consent until this commits; nothing for who gave it
SELECT id FROM recipient WHERE id = $1 AND consented_at IS NULL FOR UPDATE;

-- take_consent: somebody who was forgotten is nobody whom we may write to, until their row goes
UPDATE recipient SET consented_at = NULL, consented_by = NULL, personal = NULL, personal_key_id = NULL WHERE id = $1;
