-- insert_notices: enter into the ledger who is told
INSERT INTO notice (
    notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind, revision, created_at
)
SELECT g.*, $9 FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]
) AS g (notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind, revision);
