-- to_remind: who may have to be reminded before an instant, and was not
SELECT * FROM appointment
WHERE status = 'booked' AND reminded_at IS NULL AND starts_at > $1 AND starts_at < $2
ORDER BY starts_at, appointment_id
LIMIT $3
FOR UPDATE SKIP LOCKED;

-- reminded: these need no reminder any more
UPDATE appointment SET reminded_at = $2 WHERE appointment_id = ANY ($1::uuid[]);

-- to_check: what stands and was not looked at for the longest time, of what has not begun
SELECT appointment_id, application, office, recipient_id, subscription_id FROM appointment
WHERE status = 'booked' AND starts_at > $1 AND checked_at < $2
ORDER BY checked_at
LIMIT $3;

-- checked: under which names these stand now
UPDATE appointment a SET checked_at = $4, recipient_id = given.recipient_id, subscription_id = given.subscription_id
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS given (id, recipient_id, subscription_id)
WHERE a.appointment_id = given.id AND a.status = 'booked';

-- end: these hold their places no longer
UPDATE appointment SET status = $2, changed_at = $3
WHERE appointment_id = ANY ($1::uuid[]) AND status = 'booked' AND starts_at > $3
RETURNING *;

-- waiters_to_check: the same of those who wait for an earlier time
SELECT application, office, recipient_id, subscription_id FROM waiting_earlier
WHERE checked_at < $1 ORDER BY checked_at LIMIT $2;

-- waiters_checked: under which names these wait now
UPDATE waiting_earlier w SET checked_at = $4, recipient_id = given.recipient_id, subscription_id = given.subscription_id
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS given (application, recipient_id, subscription_id)
WHERE w.application = given.application;

-- waiters_gone: these wait no longer
DELETE FROM waiting_earlier WHERE application = ANY ($1::uuid[]);

-- waiters: who waits at an office, the longest first, for what before, and what they were offered
SELECT w.*, a.starts_at AS before,
    ARRAY(SELECT o.starts_at FROM earlier_offer o WHERE o.application = w.application) AS offered
FROM waiting_earlier w LEFT JOIN appointment a ON a.application = w.application AND a.status = 'booked'
WHERE w.office = $1
ORDER BY w.since, w.application
LIMIT 1000;

-- open_offers: how many hold an offer of each time that was made since an instant
SELECT o.starts_at, count(*)::int AS offers FROM earlier_offer o JOIN waiting_earlier w USING (application)
WHERE w.office = $1 AND o.at > $2
GROUP BY o.starts_at;

-- offer: somebody was offered a time; no row where they were before
INSERT INTO earlier_offer (application, starts_at, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1;

-- forget: nothing says any more whose these were; what has not begun is given back
UPDATE appointment
SET recipient_id = NULL, subscription_id = NULL, application = NULL,
    changed_at = CASE WHEN status = 'booked' THEN $2 ELSE changed_at END,
    status = CASE WHEN status = 'booked' THEN 'given_back' ELSE status END
WHERE recipient_id = ANY ($1::uuid[]);

-- forget_waiting: nor that they waited
DELETE FROM waiting_earlier WHERE recipient_id = ANY ($1::uuid[]);

-- purge: what is over for so long is nobody's business any more
DELETE FROM appointment WHERE appointment_id = ANY (ARRAY(
    SELECT appointment_id FROM appointment WHERE starts_at < $1 ORDER BY starts_at LIMIT $2));

-- purge_closed: the same of closed times
DELETE FROM closed_time WHERE ends_at < $1;

-- standing: appointments that have not begun, by office
SELECT office, count(*)::int AS number FROM appointment WHERE status = 'booked' AND starts_at > $1 GROUP BY office;

-- waiting: who waits, by office
SELECT office, count(*)::int AS number FROM waiting_earlier GROUP BY office;
