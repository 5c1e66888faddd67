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

-- add_receipts: store receipts that are new; those known stay as they are
INSERT INTO receipt (
    publisher, receipt_id, application_key, masked, document_type, salt, generation, created_at
)
SELECT $1, new.receipt_id, new.application_key, new.masked, new.document_type, new.salt, 1, $7
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
    AS new (receipt_id, application_key, masked, document_type, salt)
ORDER BY new.receipt_id
ON CONFLICT (publisher, receipt_id) DO NOTHING;

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

-- ping: whether the database answers
SELECT 1;

-- read_feed: how far the stream of outcomes is copied
SELECT epoch, stream_created, sequence FROM feed;

-- advance_feed: move the checkpoint on from where it was read, under the lease; nothing where another did
UPDATE feed SET epoch = $3, stream_created = $4, sequence = $5
WHERE epoch = $1 AND sequence = $2
AND EXISTS (SELECT FROM lease WHERE role = $6 AND token = $7 AND expires_at > clock_timestamp())
RETURNING epoch;

-- add_outcomes: store outcomes in stream order; a message that the stream holds twice is one outcome
INSERT INTO outcome (epoch, sequence, message_id, publisher, event_id, kind, body)
SELECT $1, new.sequence, new.message_id, new.publisher, new.event_id, new.kind, new.body
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS new (sequence, message_id, publisher, event_id, kind, body)
ORDER BY new.sequence
ON CONFLICT (message_id) DO NOTHING;

-- outcomes_after: what became of a publisher's events after a place in the feed, in order
SELECT epoch, sequence, kind, body
FROM outcome
WHERE publisher = $1 AND (epoch, sequence) > ($2, $3)
ORDER BY epoch, sequence
LIMIT $4;

-- purged_place: the last outcome of a publisher that is gone
SELECT epoch, sequence FROM outcome_purged WHERE publisher = $1;

-- purge: remove the oldest outcomes that are old enough, and note them, under the lease
WITH first AS (
    SELECT epoch, sequence, stored_at FROM outcome ORDER BY epoch, sequence LIMIT $2
), gone AS (
    DELETE FROM outcome o USING first
    WHERE (o.epoch, o.sequence) = (first.epoch, first.sequence) AND first.stored_at < $1
        AND EXISTS (SELECT FROM lease WHERE role = $3 AND token = $4 AND expires_at > clock_timestamp())
    RETURNING o.publisher, o.epoch, o.sequence
), noted AS (
    INSERT INTO outcome_purged AS p (publisher, epoch, sequence)
    SELECT DISTINCT ON (publisher) publisher, epoch, sequence FROM gone
    ORDER BY publisher, epoch DESC, sequence DESC
    ON CONFLICT (publisher) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence
)
SELECT count(*) FROM gone;
