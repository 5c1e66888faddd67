-- add_key: store a new key's hash and what it may do
INSERT INTO api_key (key_id, key_hash, publisher, name, scopes, created_at, expires_at, documents, offices)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- lock_keys: make keys of one publisher one at a time
SELECT pg_advisory_xact_lock(1685021560, hashtext($1));

-- count_live_keys: how many keys of a publisher open anything now
SELECT count(*) FROM api_key
WHERE publisher = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2);

-- find_key: what a key may do, by its hash, expired and revoked ones too; a valid one is noted as used, to the minute
WITH used AS (
    UPDATE api_key SET last_used_at = $2
    WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
        AND (last_used_at IS NULL OR last_used_at < $2 - interval '1 minute')
)
SELECT key_id, publisher, name, scopes, created_at, expires_at, revoked_at, documents, offices, last_used_at
FROM api_key
WHERE key_hash = $1;

-- list_keys: all keys, oldest first
SELECT key_id, publisher, name, scopes, created_at, expires_at, revoked_at, documents, offices, last_used_at
FROM api_key
ORDER BY created_at, key_id;

-- revoke_key: end a key for good; the first revocation stands
UPDATE api_key SET revoked_at = coalesce(revoked_at, $2)
WHERE key_id = $1
RETURNING key_id;
