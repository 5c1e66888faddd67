-- find_recipient: who has an address, by its look-up value under any key
SELECT r.id, r.key_id, r.language, r.consented_at, r.time_zone, r.quiet_from, r.quiet_until, r.personal,
       r.personal_key_id, d.awaits, d.subscription_id AS awaits_for
FROM recipient r LEFT JOIN dialogue d ON d.recipient_id = r.id AND d.expires_at > clock_timestamp()
WHERE r.channel = $1 AND r.lookup = ANY ($2::bytea[]);

-- touch_recipient: somebody on record can be reached again
UPDATE recipient
SET heard_at = greatest(heard_at, $2), unreachable_since = NULL, unreachable_reason = NULL
WHERE id = $1
RETURNING true;

-- put_recipient: know somebody, and that they can be reached again
INSERT INTO recipient AS r (id, channel, lookup, address, key_id, language, heard_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel, lookup) DO UPDATE
SET heard_at = greatest(r.heard_at, excluded.heard_at), unreachable_since = NULL, unreachable_reason = NULL
RETURNING r.id;

-- consent: note that a recipient agreed to be written to, by which update, in which language
UPDATE recipient
SET consented_at = coalesce(consented_at, $2), consented_by = coalesce(consented_by, $3), language = $4
WHERE id = $1
RETURNING consented_at;

-- take_consent_back: undo a consent that this very update gave
UPDATE recipient SET consented_at = NULL, consented_by = NULL WHERE id = $1 AND consented_by = $2;

-- mark_unreachable: note that people cannot be written to, and why
UPDATE recipient r SET unreachable_since = clock_timestamp(), unreachable_reason = given.reason
FROM unnest($1::uuid[], $2::text[]) AS given (id, reason)
WHERE r.id = given.id AND r.unreachable_since IS NULL;

-- mark_blocked: the same, told by the citizen's messenger; not where they wrote to us since
UPDATE recipient SET unreachable_since = clock_timestamp(), unreachable_reason = $3
WHERE id = $1 AND heard_at <= $2 AND unreachable_since IS NULL
RETURNING id;

-- move_recipient: a chat has another address now; nothing where that one is known already
UPDATE recipient SET lookup = $2, address = $3, key_id = $4
WHERE id = $1 AND NOT EXISTS (
    SELECT FROM recipient other WHERE other.channel = recipient.channel AND other.lookup = $2)
RETURNING id;
