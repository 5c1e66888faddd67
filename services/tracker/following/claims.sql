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
