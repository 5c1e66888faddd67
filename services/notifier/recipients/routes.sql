-- addresses_of: where somebody is reached, in their order
SELECT id, channel, unreachable_since, heard_at FROM address WHERE recipient_id = $1 ORDER BY place, id;

-- put_first: one address comes before somebody's others, which keep their order
UPDATE address a SET place = ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY id <> $2, place, id) AS place
      FROM address WHERE recipient_id = $1) ranked
WHERE a.id = ranked.id AND a.place <> ranked.place;

-- drop_address: an address is somebody's no more
DELETE FROM address WHERE id = $2 AND recipient_id = $1 RETURNING id;

-- invite: a link by which somebody may add an address
INSERT INTO address_invitation (digest, recipient_id, expires_at)
VALUES ($1, $2, clock_timestamp() + $3::interval) ON CONFLICT DO NOTHING;

-- invited_by: who gave a link that still works, or was used from this very address
SELECT i.recipient_id FROM address_invitation i
WHERE i.digest = $1 AND i.expires_at > clock_timestamp() AND (i.used_by IS NULL OR i.used_by = $2);

-- use_invitation: a link was used from an address; nothing where it works no more
UPDATE address_invitation SET used_by = $2
WHERE digest = $1 AND expires_at > clock_timestamp() AND (used_by IS NULL OR used_by = $2)
RETURNING recipient_id;

-- forget_invitations: those that work no more
DELETE FROM address_invitation WHERE expires_at < clock_timestamp();
