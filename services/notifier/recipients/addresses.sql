-- find_recipient: who has an address, by its look-up value under any key
SELECT r.id, a.id AS address_id, a.detail, r.language, r.consented_at, r.time_zone, r.quiet_from, r.quiet_until, r.personal,
       r.personal_key_id, d.awaits, d.subscription_id AS awaits_for
FROM address a JOIN recipient r ON r.id = a.recipient_id
LEFT JOIN dialogue d ON d.recipient_id = r.id AND d.expires_at > clock_timestamp()
WHERE a.channel = $1 AND a.lookup = ANY ($2::bytea[]);

-- whose_is: the same, by the id under which the address stands
SELECT r.id, a.id AS address_id, a.detail, r.language, r.consented_at, r.time_zone, r.quiet_from, r.quiet_until, r.personal,
       r.personal_key_id, d.awaits, d.subscription_id AS awaits_for
FROM address a JOIN recipient r ON r.id = a.recipient_id
LEFT JOIN dialogue d ON d.recipient_id = r.id AND d.expires_at > clock_timestamp()
WHERE a.id = $1;

-- touch_address: somebody wrote from an address, so they can be reached there again
-- Here and below the person is held before the address is, as whoever forgets somebody does: no deadlocks.
WITH owner AS MATERIALIZED (
    SELECT r.id FROM address a JOIN recipient r ON r.id = a.recipient_id WHERE a.id = $1 FOR NO KEY UPDATE OF r
)
UPDATE address a
SET heard_at = greatest(a.heard_at, $2), unreachable_since = NULL, unreachable_reason = NULL
FROM owner WHERE a.id = $1 AND a.recipient_id = owner.id
RETURNING a.recipient_id;

-- is_stopped: whether the owner of an address said that nothing more is to be sent there
SELECT unreachable_reason = 'stopped' FROM address WHERE id = $1;

-- reach_again: somebody is written to at an address where that did not work before; whose it is
WITH owner AS MATERIALIZED (
    SELECT r.id FROM address a JOIN recipient r ON r.id = a.recipient_id WHERE a.id = $1 FOR NO KEY UPDATE OF r
)
UPDATE address a
SET unreachable_since = NULL, unreachable_reason = NULL
FROM owner WHERE a.id = $1 AND a.recipient_id = owner.id
RETURNING a.recipient_id;

-- tell_there: how much its owner lets us tell at an address
UPDATE address SET detail = $2 WHERE id = $1;

-- put_recipient: know somebody by the one address that they have, and that they can be reached there again
INSERT INTO recipient AS r (id, channel, lookup, address, key_id, language, heard_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel, lookup) DO UPDATE
SET heard_at = greatest(r.heard_at, excluded.heard_at), unreachable_since = NULL, unreachable_reason = NULL
RETURNING r.id;

-- whose_address: whose an address is, and under which id
SELECT id, recipient_id FROM address WHERE channel = $1 AND lookup = $2;

-- drop_recipient: forget somebody whose address was taken by somebody else at the same moment
DELETE FROM recipient r WHERE r.id = $1 AND NOT EXISTS (SELECT FROM address a WHERE a.recipient_id = r.id);

-- consent: note that a recipient agreed to be written to, by which update, in which language
UPDATE recipient
SET consented_at = coalesce(consented_at, $2), consented_by = coalesce(consented_by, $3), language = $4
WHERE id = $1
RETURNING consented_at;

-- take_consent_back: undo a consent that this very update gave
UPDATE recipient SET consented_at = NULL, consented_by = NULL WHERE id = $1 AND consented_by = $2;

-- mark_unreachable: note addresses that cannot be written to, and why
WITH owner AS MATERIALIZED (
    SELECT r.id FROM recipient r
    WHERE r.id = ANY (ARRAY(SELECT recipient_id FROM address WHERE id = ANY ($1::uuid[])))
    ORDER BY r.id
    FOR NO KEY UPDATE
)
UPDATE address a SET unreachable_since = clock_timestamp(), unreachable_reason = given.reason
FROM unnest($1::uuid[], $2::text[]) AS given (id, reason), owner
WHERE a.id = given.id AND a.recipient_id = owner.id AND a.unreachable_since IS NULL;

-- mark_blocked: the same, told by the citizen's messenger; not where they wrote to us since
WITH owner AS MATERIALIZED (
    SELECT r.id FROM address a JOIN recipient r ON r.id = a.recipient_id WHERE a.id = $1 FOR NO KEY UPDATE OF r
)
UPDATE address a SET unreachable_since = clock_timestamp(), unreachable_reason = $3
FROM owner
WHERE a.id = $1 AND a.recipient_id = owner.id AND a.heard_at <= $2 AND a.unreachable_since IS NULL
RETURNING a.id;

-- move_address: a chat has another address now; nothing where that one is known already
WITH owner AS MATERIALIZED (
    SELECT r.id FROM address a JOIN recipient r ON r.id = a.recipient_id WHERE a.id = $1 FOR NO KEY UPDATE OF r
)
UPDATE address a SET lookup = $2, address = $3, key_id = $4
FROM owner
WHERE a.id = $1 AND a.recipient_id = owner.id AND NOT EXISTS (
    SELECT FROM address other WHERE other.channel = a.channel AND other.lookup = $2)
RETURNING a.id;
