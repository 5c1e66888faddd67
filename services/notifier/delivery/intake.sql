-- quiet_of: when these people are not to be woken, where they have hours or a zone of their own
SELECT id, time_zone, quiet_from, quiet_until FROM recipient
WHERE id = ANY ($1::uuid[]) AND (time_zone IS NOT NULL OR quiet_from IS NOT NULL);
