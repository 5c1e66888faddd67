-- addresses_of: where somebody is reached, in their order
SELECT id, channel, unreachable_since, heard_at, address, key_id, detail FROM address WHERE recipient_id = $1
ORDER BY place, id;

-- hold_route: let nobody else change somebody's addresses until this commits
SELECT id FROM recipient WHERE id = $1 FOR UPDATE;

-- put_first: one address comes before somebody's others, which keep their order
UPDATE address a SET place = ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY id <> $2, place, id) AS place
      FROM address WHERE recipient_id = $1) ranked
WHERE a.id = ranked.id AND a.place <> ranked.place;

-- order_is_own: from now on the order is the person's own
UPDATE recipient SET ordered_at = clock_timestamp() WHERE id = $1;

-- own_order: whether it is
SELECT ordered_at IS NOT NULL FROM recipient WHERE id = $1;

-- agencys_order: somebody's addresses stand in the agency's order of accounts, unless they have one of their own
UPDATE address a SET place = ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY array_position($2::text[], channel), place, id) AS place
      FROM address WHERE recipient_id = $1) ranked
WHERE a.id = ranked.id AND a.place <> ranked.place
  AND EXISTS (SELECT FROM recipient r WHERE r.id = $1 AND r.ordered_at IS NULL);

-- tell_at: how much somebody lets us tell at an address of theirs
UPDATE address SET detail = $3 WHERE id = $2 AND recipient_id = $1;

-- has_address: whether an address is somebody's
SELECT EXISTS (SELECT FROM address WHERE id = $2 AND recipient_id = $1);

-- drop_address: an address is somebody's no more; nothing where no other can be written to in its place
DELETE FROM address a
WHERE a.id = $2 AND a.recipient_id = $1 AND EXISTS (
    SELECT FROM address other
    WHERE other.recipient_id = $1 AND other.id <> $2
      AND (other.unreachable_since IS NULL OR a.unreachable_since IS NOT NULL))
RETURNING id;

-- empty_founding: where that was the first that they had, a version before does not find it either
UPDATE recipient
SET lookup = $3, address = ''::bytea, key_id = '', unreachable_since = NULL, unreachable_reason = NULL
WHERE id = $1 AND id = $2;

-- invite: links by which somebody may add an address
INSERT INTO address_invitation (digest, recipient_id, expires_at, address_id)
SELECT given.digest, $2, clock_timestamp() + $3::interval, $4 FROM unnest($1::bytea[]) AS given (digest)
ON CONFLICT DO NOTHING;

-- take_back: links of somebody's that nobody has used
DELETE FROM address_invitation WHERE recipient_id = $1 AND used_by IS NULL;

-- invited_by: who gave a link that still works, or was used from this very address, and where they are told of it
SELECT i.recipient_id, a.id AS address_id, a.channel
FROM address_invitation i
JOIN recipient r ON r.id = i.recipient_id AND r.consented_at IS NOT NULL
CROSS JOIN LATERAL (
    SELECT id, channel FROM address
    WHERE recipient_id = i.recipient_id
    ORDER BY id IS DISTINCT FROM i.address_id, unreachable_since IS NOT NULL, place, id
    LIMIT 1) a
WHERE i.digest = $1 AND (i.used_by = $2 OR (i.used_by IS NULL AND i.expires_at > clock_timestamp()));

-- use_invitation: a link was used from an address; nothing where it works no more
UPDATE address_invitation SET used_by = $2
WHERE digest = $1 AND (used_by = $2 OR (used_by IS NULL AND expires_at > clock_timestamp()))
RETURNING recipient_id;

-- forget_invitations: those that work no more; what was begun with a used one may come again for a day
DELETE FROM address_invitation
WHERE expires_at < clock_timestamp() - CASE WHEN used_by IS NULL THEN interval '0' ELSE interval '1 day' END;

-- ask_once: note that somebody with one address was asked for a second; nothing where they were before
UPDATE recipient r SET asked_second_way_at = clock_timestamp()
WHERE r.id = $1 AND r.asked_second_way_at IS NULL
  AND (SELECT count(*) FROM address a WHERE a.recipient_id = r.id) = 1
RETURNING r.id;
