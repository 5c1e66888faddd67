-- mark_handled: note that an update is dealt with; nothing where somebody else was first
INSERT INTO handled_update (channel, update_id)
SELECT $1, $2
WHERE NOT EXISTS (SELECT FROM channel_offset o
                  WHERE o.channel = $1 AND o.update_id >= $2
                    AND o.moved_at > clock_timestamp() - interval '6 days')
ON CONFLICT DO NOTHING RETURNING update_id;

-- went_to: to which address of this account a message went, by the key that it was sent with
SELECT coalesce(address_id, recipient_id) FROM delivery WHERE id = $1 AND channel = $2;
