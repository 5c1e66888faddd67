-- issue_claim: a receipt's claim, first issued or re-issued under a higher generation
INSERT INTO claim AS c (
    claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash, max_redemptions,
    issued_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (publisher, receipt_id) DO UPDATE
SET generation = excluded.generation, token_hash = excluded.token_hash, code_hash = excluded.code_hash,
    redemptions = 0, max_redemptions = excluded.max_redemptions, issued_at = excluded.issued_at,
    revoked_at = NULL
WHERE c.generation < excluded.generation AND c.application_key = excluded.application_key
RETURNING claim_id;

-- claim_stands: whether exactly this claim was issued before
SELECT EXISTS (
    SELECT FROM claim
    WHERE publisher = $1 AND receipt_id = $2 AND generation = $3 AND application_key = $4
        AND token_hash = $5 AND code_hash = $6
);

-- revoke_claim: nobody redeems it any more; no row where it was revoked before
UPDATE claim SET revoked_at = $3 WHERE publisher = $1 AND receipt_id = $2 AND revoked_at IS NULL
RETURNING claim_id;

-- claim_known: whether a receipt has a claim
SELECT EXISTS (SELECT FROM claim WHERE publisher = $1 AND receipt_id = $2);

-- claim_by_token: which application a token's hash opens
SELECT claim_id, application_key, generation FROM claim WHERE token_hash = $1;

-- claim_by_code: which application a typed code's hash opens
SELECT claim_id, application_key, generation FROM claim WHERE code_hash = $1;

-- spend_claim: use a claim up by one, free of charge for who used it before; no row where it may not be used; a
-- share stands only while its receipt's claim does, and for newcomers until it expires
UPDATE claim c
SET redemptions = redemptions + CASE WHEN used.before THEN 0 ELSE 1 END
FROM (
    SELECT EXISTS (
        SELECT FROM redemption WHERE claim_id = $1 AND generation = $2 AND recipient_id = $3
    ) AS before
) AS used
WHERE c.claim_id = $1 AND c.generation = $2 AND c.revoked_at IS NULL
    AND (used.before OR (c.redemptions < c.max_redemptions AND (c.expires_at IS NULL OR c.expires_at > $4)))
    AND NOT EXISTS (
        SELECT FROM claim receipt
        WHERE receipt.claim_id = c.parent_id
            AND (receipt.revoked_at IS NOT NULL OR receipt.generation <> c.generation)
    )
RETURNING c.claim_id;

-- note_redemption: remember who used the claim; no row for who used it before
INSERT INTO redemption (claim_id, generation, recipient_id, redeemed_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (claim_id, recipient_id, generation) DO NOTHING
RETURNING claim_id;

-- subscribe: follow an application; no row for who follows it already
INSERT INTO subscription (
    subscription_id, application_key, recipient_id, claim_id, consent_version, consented_at, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (application_key, recipient_id) WHERE ended_at IS NULL DO NOTHING
RETURNING subscription_id;

-- count_following: how many documents a recipient follows, and how many people one document
SELECT
    (SELECT count(*) FROM subscription WHERE recipient_id = $1 AND ended_at IS NULL) AS documents,
    (SELECT count(*) FROM subscription WHERE application_key = $2 AND ended_at IS NULL) AS people;

-- followed: everything a recipient follows, oldest first
SELECT s.subscription_id, s.created_at AS since, a.* FROM subscription s
JOIN application a USING (application_key)
WHERE s.recipient_id = $1 AND s.ended_at IS NULL
ORDER BY s.created_at, s.subscription_id;

-- followed_application: one application that a recipient follows
SELECT s.subscription_id, s.created_at AS since, a.* FROM subscription s
JOIN application a USING (application_key)
WHERE s.recipient_id = $1 AND s.application_key = $2 AND s.ended_at IS NULL;

-- applications_to_leave: which applications a stop concerns
SELECT application_key FROM subscription
WHERE recipient_id = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR subscription_id = $2);

-- unsubscribe: end subscriptions to applications whose locks are held
UPDATE subscription SET ended_at = $4, ended_by = 'stop'
WHERE recipient_id = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR subscription_id = $2)
    AND application_key = ANY($3::text[])
RETURNING subscription_id;

-- count_beside: account for notices that no event caused, under the application's lock
UPDATE application SET beside = beside + $2 WHERE application_key = $1;

-- pending_of: what was not yet told by some subscriptions
SELECT notice_id FROM notice WHERE subscription_id = ANY($1::uuid[]) AND coalesce(ended_as, '') = ''
ORDER BY notice_id;

-- charge_typing: count one typed code in this hour before it is looked at; no row where the limit is reached
INSERT INTO typing AS t (scope, hour, wrong)
VALUES ($1, date_trunc('hour', $2::timestamptz, 'UTC'), 1)
ON CONFLICT (scope, hour) DO UPDATE SET wrong = t.wrong + 1 WHERE t.wrong < $3
RETURNING wrong;

-- note_typed: which call a code is counted for, and in which hour; no row where it was counted before
INSERT INTO typed (redeem_id, scope, hour) VALUES ($1, $2, date_trunc('hour', $3::timestamptz, 'UTC'))
ON CONFLICT (redeem_id) DO NOTHING
RETURNING redeem_id;

-- note_right: the code of a call was right; where it was counted, no row where that was taken back before
UPDATE typed SET refunded = true WHERE redeem_id = $1 AND NOT refunded RETURNING scope, hour;

-- refund_typing: a code that was counted in an hour was right
UPDATE typing SET wrong = wrong - 1 WHERE scope = $1 AND hour = $2 AND wrong > 0;

-- forget_typing: drop the counts of hours that are over
DELETE FROM typing WHERE hour < now() - interval '2 hours';

-- forget_typed: drop the calls of hours that are over
DELETE FROM typed WHERE hour < now() - interval '2 hours';

-- lock_recipient: whoever redeems for a recipient and whoever forgets them wait for each other
SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0));

-- is_forgotten: whether a recipient is to stay forgotten
SELECT EXISTS (SELECT FROM forgotten WHERE recipient_id = $1);

-- stay_forgotten: remember that a recipient is to stay forgotten
INSERT INTO forgotten (recipient_id, at) VALUES ($1, $2) ON CONFLICT (recipient_id) DO NOTHING;

-- forget_subscriptions: end a recipient's subscriptions and take their name off all of them
UPDATE subscription
SET recipient_id = NULL, ended_at = coalesce(ended_at, $2), ended_by = 'forget'
WHERE recipient_id = $1
RETURNING subscription_id;

-- lock_notices_of: lock what was told by some subscriptions, in the order of the ledger
SELECT 1 FROM notice WHERE subscription_id = ANY($1::uuid[]) ORDER BY notice_id FOR UPDATE;

-- forget_notices: take a recipient's name off what was told by their subscriptions
UPDATE notice SET recipient_id = NULL WHERE subscription_id = ANY($1::uuid[]) AND recipient_id IS NOT NULL;

-- forget_redemptions: take a recipient's name off the claims that they used
DELETE FROM redemption WHERE recipient_id = $1;

-- forget_attempts: drop the counts of typed codes that stand under a recipient's own name
WITH calls AS (DELETE FROM typed WHERE scope = $1)
DELETE FROM typing WHERE scope = $1;
