-- add_receipts: store receipts that are new and return their ids; those known stay as they are
INSERT INTO receipt (
    publisher, receipt_id, application_key, masked, document_type, salt, generation, created_at
)
SELECT $1, new.receipt_id, new.application_key, new.masked, new.document_type, new.salt, 1, $7
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
    AS new (receipt_id, application_key, masked, document_type, salt)
ORDER BY new.receipt_id
ON CONFLICT (publisher, receipt_id) DO NOTHING
RETURNING receipt_id;

-- find_receipts: receipts of a publisher by their ids
SELECT receipt_id, application_key, coalesce(masked, '') AS masked, document_type, salt, generation, revoked_at
FROM receipt
WHERE publisher = $1 AND receipt_id = ANY ($2::text[]);

-- revoke_receipt: note that a receipt is not to be shown any more; the first revocation stands
UPDATE receipt SET revoked_at = coalesce(revoked_at, $3) WHERE publisher = $1 AND receipt_id = $2;

-- reissue_receipt: give a receipt other secrets
UPDATE receipt SET generation = generation + 1, revoked_at = NULL
WHERE publisher = $1 AND receipt_id = $2
RETURNING receipt_id, application_key, coalesce(masked, '') AS masked, document_type, salt, generation, revoked_at;
