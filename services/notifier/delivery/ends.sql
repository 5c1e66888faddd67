-- failed: those of these notices of which every message failed, and none is on its way or may have arrived
SELECT d.id, d.attempts, d.failed_at AS at, r.language FROM delivery d LEFT JOIN recipient r ON r.id = d.recipient_id
WHERE d.id = ANY ($1::uuid[]) AND d.state = 'accepted' AND d.failed_at IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM delivery f
      WHERE f.follows = d.id
        AND (f.ended_at IS NULL OR f.state = 'unknown' OR (f.state = 'accepted' AND f.failed_at IS NULL)));

-- languages: in which language those read whom some notices did not reach, where they said so
SELECT d.id, r.language FROM delivery d JOIN recipient r ON r.id = d.recipient_id
WHERE d.id = ANY ($1::uuid[]) AND r.language IS NOT NULL;
