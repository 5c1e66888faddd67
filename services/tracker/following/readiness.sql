-- asked: where the documents are that people say they follow, under the names that they and their subscriptions
-- have by now, of two who became one, and where another subscription of theirs to the same document stays
SELECT given.place, s.recipient_id, s.subscription_id, a.application_key, a.document_type, a.stage, a.office,
    a.head_publisher
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS given (recipient_id, subscription_id, place)
JOIN subscription named ON named.subscription_id = given.subscription_id
LEFT JOIN joined j ON j.recipient_id = given.recipient_id
JOIN subscription s ON s.application_key = named.application_key
    AND s.recipient_id = coalesce(j.into_id, given.recipient_id) AND s.ended_at IS NULL
    AND (s.subscription_id = named.subscription_id OR named.ended_by = 'join')
JOIN application a ON a.application_key = s.application_key;

-- name: give applications the names under which others know them, once
INSERT INTO reference (application_key) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING;

-- names: what they are called
SELECT application_key, reference FROM reference WHERE application_key = ANY($1::text[]);

-- receipts: the newest receipt that a publisher gave for each of these applications
SELECT DISTINCT ON (r.reference) r.reference, c.receipt_id
FROM reference r JOIN claim c ON c.application_key = r.application_key
WHERE r.reference = ANY($2::uuid[]) AND c.publisher = $1
ORDER BY r.reference, c.issued_at DESC, c.claim_id;
