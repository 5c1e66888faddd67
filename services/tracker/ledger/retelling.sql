-- open_among: those of some notices that have no end, are not held back and do not wait to be published
SELECT n.notice_id, n.kind, n.revision, n.publisher, n.event_id, n.subscription_id, n.recipient_id, n.created_at,
    n.application_key, e.document_type, e.stage, e.office, e.missing, e.note, e.expected_at, e.occurred_at, e.accepted_at
FROM notice n LEFT JOIN event e ON e.publisher = n.publisher AND e.event_id = n.event_id
WHERE n.notice_id = ANY($1::uuid[]) AND n.ended_as IS NULL
    AND NOT EXISTS (SELECT FROM held h WHERE h.notice_id = n.notice_id)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.id = n.notice_id);
