-- Whoever was on record before keeps their address; what changes meanwhile is changed in both places.
INSERT INTO address (id, recipient_id, channel, lookup, address, key_id, place, verified_at, heard_at,
                     unreachable_since, unreachable_reason)
SELECT id, id, channel, lookup, address, key_id, 1, created_at, heard_at, unreachable_since, unreachable_reason
FROM recipient WHERE key_id <> ''
ON CONFLICT DO NOTHING;
