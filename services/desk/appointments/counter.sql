-- day: who comes to an office between two instants, and who came
SELECT appointment_id, starts_at, ends_at, code, document_type, status FROM appointment
WHERE office = $1 AND starts_at >= $2 AND starts_at < $3 AND status IN ('booked', 'present', 'no_show')
ORDER BY starts_at, place;

-- office_of: at which office an appointment is
SELECT office FROM appointment WHERE appointment_id = $1;

-- mark: what became of an appointment whose time has come; only what stood is marked, and a mark can be changed
UPDATE appointment SET status = $2, changed_at = $3
WHERE appointment_id = $1 AND office = $4 AND status IN ('booked', 'present', 'no_show') AND status <> $2
RETURNING appointment_id;

-- unmark: it stands again; not where its person has been forgotten, or has booked another one
UPDATE appointment a SET status = 'booked', changed_at = $2
WHERE appointment_id = $1 AND office = $3 AND status IN ('present', 'no_show')
  AND application IS NOT NULL AND recipient_id IS NOT NULL AND subscription_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM appointment b WHERE b.application = a.application AND b.status = 'booked')
RETURNING appointment_id;

-- close: nobody is served by appointment in a span
INSERT INTO closed_time (closed_id, office, starts_at, ends_at, reason, staff_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING 1;

-- call_off: what was booked in it is off
UPDATE appointment SET status = 'closed', changed_at = $4
WHERE office = $1 AND status = 'booked' AND starts_at < $3 AND ends_at > $2 AND starts_at > $4
RETURNING *;

-- open: a span is open again
DELETE FROM closed_time WHERE closed_id = $1 AND office = $2 RETURNING 1;

-- met: how many appointments a span would call off
SELECT count(*)::int FROM appointment
WHERE office = $1 AND status = 'booked' AND starts_at < $3 AND ends_at > $2 AND starts_at > $4;
