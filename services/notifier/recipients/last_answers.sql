-- keep: what somebody was answered last; nothing for a guest, whose row goes with the answer
INSERT INTO last_answer (recipient_id, key_id, box)
SELECT r.id, $2, $3 FROM recipient r WHERE r.id = $1 AND r.consented_at IS NOT NULL
ON CONFLICT (recipient_id) DO UPDATE SET key_id = excluded.key_id, box = excluded.box, at = clock_timestamp();

-- last: the same, while it is kept
SELECT key_id, box FROM last_answer WHERE recipient_id = $1 AND at > clock_timestamp() - $2::interval;
