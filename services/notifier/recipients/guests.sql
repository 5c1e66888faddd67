-- lock_guests: hold people without consent, so that the next statement sees everything that waits for them
SELECT id FROM recipient WHERE id = ANY ($1::uuid[]) AND consented_at IS NULL ORDER BY id FOR UPDATE;

-- idle_guests: of these, those for whom nothing waits
SELECT r.id FROM recipient r
WHERE r.id = ANY ($1::uuid[]) AND NOT EXISTS (
    SELECT FROM delivery d WHERE d.recipient_id = r.id AND d.state IN ('pending', 'sending'))
  AND NOT EXISTS (SELECT FROM picture p WHERE p.recipient_id = r.id)
  -- People answer to where they were asked, and ask once how it was.
  AND NOT EXISTS (
    SELECT FROM handover h
    WHERE h.recipient_id = r.id
      AND (h.ended_at IS NULL
           OR (h.rate AND h.content IS NULL AND h.ended_at > clock_timestamp() - interval '7 days')))
  AND NOT EXISTS (
    SELECT FROM handover_typing t WHERE t.recipient_id = r.id AND t.expires_at > clock_timestamp())
  -- What a guest was asked by numbers, where there are no buttons, is kept as long as a question that is typed.
  AND (r.personal IS NULL OR r.heard_at < clock_timestamp() - interval '30 minutes');

-- delete_answers: forget what was answered to people
DELETE FROM delivery WHERE recipient_id = ANY ($1::uuid[]) AND kind = 'answer';

-- delete_guests: forget people
DELETE FROM recipient WHERE id = ANY ($1::uuid[]);
