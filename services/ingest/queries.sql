-- add_key: store a new key's hash and what it may do
INSERT INTO api_key (key_id, key_hash, publisher, name, scopes, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- find_key: what a key may do, by its hash; expired and revoked ones too
SELECT key_id, publisher, name, scopes, created_at, expires_at, revoked_at
FROM api_key
WHERE key_hash = $1;

-- list_keys: all keys, oldest first
SELECT key_id, publisher, name, scopes, created_at, expires_at, revoked_at
FROM api_key
ORDER BY created_at, key_id;

-- revoke_key: end a key for good; the first revocation stands
UPDATE api_key SET revoked_at = coalesce(revoked_at, $2)
WHERE key_id = $1
RETURNING key_id;

-- add_receipts: store receipts that are new; those known stay as they are
INSERT INTO receipt (publisher, receipt_id, application_key, document_type, salt, generation, created_at)
SELECT $1, new.receipt_id, new.application_key, new.document_type, new.salt, 1, $6
FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[])
    AS new (receipt_id, application_key, document_type, salt)
ORDER BY new.receipt_id
ON CONFLICT (publisher, receipt_id) DO NOTHING;

-- find_receipts: receipts of a publisher by their ids
SELECT receipt_id, application_key, document_type, salt, generation
FROM receipt
WHERE publisher = $1 AND receipt_id = ANY ($2::text[]);

-- ping: whether the database answers
SELECT 1;
