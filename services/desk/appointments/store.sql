-- share_office: let nobody close times of an office while one is booked, so that neither misses the other
SELECT pg_advisory_xact_lock_shared(hashtextextended('docwatch appointments ' || $1, 0));

-- hold_office: let nobody book at an office while times of it are closed
SELECT pg_advisory_xact_lock(hashtextextended('docwatch appointments ' || $1, 0));

-- closed: when an office serves nobody between two instants
SELECT closed_id, starts_at, ends_at, reason FROM closed_time
WHERE office = $1 AND ends_at > $2 AND starts_at < $3
ORDER BY starts_at, closed_id;

-- booked: what is booked for an application
SELECT * FROM appointment WHERE application = $1 AND status = 'booked';

-- hold_application: let nobody else change what is booked for an application; begin what reads it afterwards
SELECT pg_advisory_xact_lock(hashtextextended('docwatch appointment of ' || $1::uuid::text, 0));

-- by_id: one booking, whatever became of it
SELECT * FROM appointment WHERE appointment_id = $1;

-- free_place: a place of a slot that nobody has, any of them, so that those who come at once seldom meet
SELECT g.place FROM generate_series(0, $4::int - 1) AS g (place)
WHERE NOT EXISTS (
    SELECT FROM appointment a
    WHERE a.office = $1 AND a.place = g.place AND a.status IN ('booked', 'present', 'no_show')
      -- No slot is longer than four hours: how far back one may have begun.
      AND a.starts_at > $2::timestamptz - interval '4 hours' AND a.starts_at < $3 AND a.ends_at > $2)
ORDER BY random()
LIMIT 1;

-- insert: book a place; no row where somebody else has it, the application has one already, or the code is another's
INSERT INTO appointment (
    appointment_id, office, starts_at, ends_at, place, code, publisher, document_type, application, recipient_id,
    subscription_id, status, booked_at, changed_at, checked_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'booked', $12, $12, $12)
ON CONFLICT DO NOTHING
RETURNING *;

-- leave: an appointment that was booked holds its place no longer
UPDATE appointment SET status = $2, changed_at = $3 WHERE appointment_id = $1 AND status = 'booked' RETURNING *;

-- taken: how many places of each time of an office are taken between two instants
SELECT starts_at, ends_at, count(*)::int AS taken FROM appointment
WHERE office = $1 AND status IN ('booked', 'present', 'no_show') AND starts_at >= $2 AND starts_at < $3
GROUP BY starts_at, ends_at;

-- waits: whether an application waits for an earlier time
SELECT EXISTS (SELECT FROM waiting_earlier WHERE application = $1);

-- wait: begin to wait
INSERT INTO waiting_earlier (
    application, office, publisher, document_type, recipient_id, subscription_id, since, checked_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (application) DO UPDATE
SET office = excluded.office, recipient_id = excluded.recipient_id, subscription_id = excluded.subscription_id;

-- stop_waiting: wait no longer
DELETE FROM waiting_earlier WHERE application = $1;

-- own: all appointments of a person, oldest first
SELECT * FROM appointment WHERE recipient_id = $1 ORDER BY starts_at, appointment_id LIMIT 500;

-- listed: a publisher's appointments in the order of their times, after one of them
SELECT a.* FROM appointment a
WHERE a.publisher = $1 AND ($2::text IS NULL OR a.office = $2)
  AND ($3::timestamptz IS NULL OR a.starts_at >= $3) AND ($4::timestamptz IS NULL OR a.starts_at < $4)
  AND ($5::text[] IS NULL OR a.document_type = ANY($5)) AND ($6::text[] IS NULL OR a.office = ANY($6))
  AND ($7::uuid IS NULL OR (a.starts_at, a.appointment_id) > (
      SELECT o.starts_at, o.appointment_id FROM appointment o WHERE o.appointment_id = $7 AND o.publisher = $1))
ORDER BY a.starts_at, a.appointment_id
LIMIT $8;
