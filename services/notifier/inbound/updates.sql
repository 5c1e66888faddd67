-- read_offset: up to where a channel's updates are dealt with; none after a long silence, when numbers restart
SELECT update_id FROM channel_offset WHERE channel = $1 AND moved_at > clock_timestamp() - interval '6 days';

-- handled: which of these updates are dealt with already
SELECT given.id AS update_id FROM unnest($2::bigint[]) AS given (id)
WHERE EXISTS (SELECT FROM handled_update h WHERE h.channel = $1 AND h.update_id = given.id)
   OR EXISTS (SELECT FROM channel_offset o
              WHERE o.channel = $1 AND o.update_id >= given.id
                AND o.moved_at > clock_timestamp() - interval '6 days');

-- advance_offset: everything up to an update is dealt with
INSERT INTO channel_offset AS o (channel, update_id) VALUES ($1, $2)
ON CONFLICT (channel) DO UPDATE
SET update_id = CASE WHEN o.moved_at > clock_timestamp() - interval '6 days'
                     THEN greatest(o.update_id, excluded.update_id) ELSE excluded.update_id END,
    moved_at = excluded.moved_at;

-- forget_handled: single marks that the offset has passed
DELETE FROM handled_update WHERE channel = $1 AND update_id <= $2;
