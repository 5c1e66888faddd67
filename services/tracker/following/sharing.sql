-- subscription_to_share: which application a subscription that is shared from follows; one that ended because another
-- of theirs to the same document stays means that one
SELECT s.subscription_id, s.application_key FROM subscription named
JOIN subscription s ON s.application_key = named.application_key AND s.recipient_id = named.recipient_id
    AND s.ended_at IS NULL AND (s.subscription_id = named.subscription_id OR named.ended_by = 'join')
WHERE named.subscription_id = $1 AND named.recipient_id = $2;

-- standing_receipt: the receipt of an application by which a recipient may follow it today: they used it, or a share of
-- it, in the generation that stands; begin it only after the application's lock is held
SELECT receipt.claim_id, receipt.publisher, receipt.generation
FROM redemption r
JOIN claim own ON own.claim_id = r.claim_id AND own.generation = r.generation
JOIN claim receipt ON receipt.claim_id = coalesce(own.parent_id, own.claim_id)
    AND receipt.generation = own.generation
WHERE r.recipient_id = $1 AND own.application_key = $2 AND own.revoked_at IS NULL AND receipt.revoked_at IS NULL
ORDER BY r.redeemed_at, receipt.claim_id
LIMIT 1;

-- share_known: until when a share stands, where it was made before
SELECT expires_at FROM claim WHERE claim_id = $1;

-- open_shares: how many shares of a document somebody may still use that one recipient made, now or before they
-- stopped and followed it again
SELECT count(*) FROM claim c
JOIN claim receipt ON receipt.claim_id = c.parent_id
JOIN subscription s ON s.subscription_id = c.shared_by
WHERE c.application_key = $1 AND s.recipient_id = $2 AND c.redemptions < c.max_redemptions AND c.expires_at > $3
    AND receipt.revoked_at IS NULL AND receipt.generation = c.generation;

-- following: how many people follow an application
SELECT count(*) FROM subscription WHERE application_key = $1 AND ended_at IS NULL;

-- issue_share: a claim for one person beside a receipt's own
INSERT INTO claim (
    claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash, max_redemptions,
    issued_at, parent_id, shared_by, expires_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11);
