-- claim_by_token: which application a token's hash opens
SELECT claim_id, application_key, generation FROM claim WHERE token_hash = $1;

-- claim_by_code: which application a typed code's hash opens
SELECT claim_id, application_key, generation FROM claim WHERE code_hash = $1;

-- claim_stands: whether a token's hash opens a claim that was not revoked, has not expired, and whose receipt stands
SELECT EXISTS (
    SELECT FROM claim c LEFT JOIN claim receipt ON receipt.claim_id = c.parent_id
    WHERE c.token_hash = $1 AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $2)
        AND (c.parent_id IS NULL OR (receipt.revoked_at IS NULL AND receipt.generation = c.generation))
);

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
WHERE s.recipient_id = coalesce((SELECT into_id FROM joined WHERE recipient_id = $1), $1) AND s.ended_at IS NULL
ORDER BY s.created_at, s.subscription_id;

-- followed_application: one application that a recipient follows
SELECT s.subscription_id, s.created_at AS since, a.* FROM subscription s
JOIN application a USING (application_key)
WHERE s.recipient_id = $1 AND s.application_key = $2 AND s.ended_at IS NULL;

-- applications_to_leave: which applications a stop concerns
SELECT application_key FROM subscription
WHERE recipient_id = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR subscription_id = $2);

-- meant: the subscription that somebody means by one that ended because another of theirs to the same document stays
SELECT s.subscription_id FROM subscription named
JOIN subscription s ON s.application_key = named.application_key AND s.recipient_id = named.recipient_id
    AND s.ended_at IS NULL
WHERE named.subscription_id = $2 AND named.recipient_id = $1 AND named.ended_by = 'join';

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
