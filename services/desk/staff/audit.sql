-- enter: what a member of staff did or looked at
INSERT INTO staff_audit (staff_id, what, about) VALUES ($1, $2, $3);

-- entries: what staff did, the latest first
SELECT a.number, a.at, s.login, s.name, a.what, a.about
FROM staff_audit AS a JOIN staff AS s ON s.id = a.staff_id
WHERE ($1::bigint IS NULL OR a.number < $1) AND ($2::text IS NULL OR s.login = $2) AND ($3::uuid IS NULL OR a.about = $3)
ORDER BY a.number DESC
LIMIT $4;
