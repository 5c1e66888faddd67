-- hold: people who are about to become one, held in one order, and those who they became before
SELECT id FROM recipient WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE;

-- already: who of some people is somebody else, for good
SELECT id, into_id FROM joined_recipient WHERE id = ANY ($1::uuid[]);

-- take_addresses: the addresses of some are somebody else's from now on, behind those that he has
UPDATE address a
SET recipient_id = $2,
    place = (SELECT coalesce(max(own.place), 0) FROM address own WHERE own.recipient_id = $2) + ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY place, id) AS place
      FROM address WHERE recipient_id = $1) ranked
WHERE a.id = ranked.id;

-- take_deliveries: what was and is for somebody is somebody else's; what is in the air follows when it has ended
UPDATE delivery SET recipient_id = $2, address_id = coalesce(address_id, recipient_id)
WHERE recipient_id = $1 AND state <> 'sending';

-- keep_flying: what is in the air stays where it is sent to
UPDATE delivery SET address_id = coalesce(address_id, recipient_id) WHERE recipient_id = $1 AND state = 'sending';

-- follow_on: what came back from the air for people who became somebody else
UPDATE delivery d SET recipient_id = j.into_id, address_id = coalesce(d.address_id, d.recipient_id)
FROM joined_recipient j
WHERE d.recipient_id = j.id AND d.state <> 'sending' AND d.ended_at IS NULL;

-- left_over: people who became somebody else while something for them was in the air
SELECT j.id FROM joined_recipient j WHERE EXISTS (SELECT FROM recipient r WHERE r.id = j.id OFFSET 0);

-- weigh_again: what waits for somebody since it costs too much may go to an address that they have now
UPDATE delivery SET due_at = clock_timestamp()
WHERE recipient_id = $1 AND state = 'pending' AND unpaid AND due_at > clock_timestamp();

-- same_subscription: what was said of one subscription is said of another, which took its place
UPDATE delivery SET subscription_id = $2 WHERE subscription_id = $1;

-- take_pictures: pictures that wait to be read
UPDATE picture SET recipient_id = $2, address_id = coalesce(address_id, recipient_id) WHERE recipient_id = $1;

-- take_receipts: what messengers told of messages that are not known yet
UPDATE receipt r SET recipient_id = $2
WHERE recipient_id = $1 AND NOT EXISTS (
    SELECT FROM receipt own
    WHERE own.recipient_id = $2 AND own.reference = r.reference AND own.status = r.status);

-- take_invitations: links that somebody gave out lead to the other
UPDATE address_invitation SET recipient_id = $2 WHERE recipient_id = $1;

-- take_earlier: who became this one is somebody else now
UPDATE joined_recipient SET into_id = $2 WHERE into_id = $1;

-- join: one is the other from now on
INSERT INTO joined_recipient (id, into_id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET into_id = excluded.into_id;

-- empty: nothing but what is in the air is left of somebody
UPDATE recipient
SET consented_at = NULL, consented_by = NULL, personal = NULL, personal_key_id = NULL, lookup = $2,
    address = ''::bytea, key_id = ''
WHERE id = $1;

-- no_dialogue: what somebody was asked to type
DELETE FROM dialogue WHERE recipient_id = $1;
