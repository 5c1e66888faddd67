-- give_alone: let nobody else give days until this commits
LOCK TABLE invitation IN SHARE ROW EXCLUSIVE MODE;

-- known: those that were given before
SELECT id, office, goes_at FROM invitation WHERE id = ANY ($1::uuid[]);

-- latest_of: by which invitation each of these subscriptions was invited last
SELECT DISTINCT ON (d.subscription_id) d.subscription_id, i.id, i.office, i.goes_at
FROM unnest($1::uuid[]) AS given (id)
CROSS JOIN LATERAL (
    SELECT subscription_id, revision, invitation FROM delivery
    WHERE subscription_id = given.id AND invitation IS NOT NULL OFFSET 0) d
JOIN invitation i ON i.id = d.invitation
ORDER BY d.subscription_id, d.revision DESC;

-- invited: how many are invited to these offices on each day from today on
SELECT office, day, count(*) AS count FROM invitation WHERE office = ANY ($1::text[]) AND day >= $2
GROUP BY office, day;

-- give: note who is invited, in order
INSERT INTO invitation (id, office, day, goes_at)
SELECT given.id, given.office, given.day, given.goes_at
FROM unnest($1::uuid[], $2::text[], $3::date[], $4::timestamptz[]) WITH ORDINALITY
     AS given (id, office, day, goes_at, place)
ORDER BY given.place;

-- mark: note which deliveries wait for which invitation
UPDATE delivery d SET invitation = given.invitation
FROM unnest($1::uuid[], $2::uuid[]) AS given (id, invitation)
WHERE d.id = given.id AND d.invitation IS NULL;

-- waiting: those whose day has not come, in the order in which they came, and whether anybody still waits for them
SELECT i.id, i.office, i.day,
       EXISTS (SELECT FROM delivery d WHERE d.invitation = i.id AND d.state = 'pending' OFFSET 0) AS waits
FROM invitation i WHERE i.goes_at > $1 ORDER BY i.number;

-- told: how many were invited to each office on a day that has come
SELECT office, count(*) AS count FROM invitation WHERE day = $1 AND goes_at <= $2 GROUP BY office;

-- free: give the days of these to others
DELETE FROM invitation WHERE id = ANY ($1::uuid[]);

-- move: give these another day
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::date[], $3::timestamptz[]) AS given (id, day, goes_at)
), moved AS (
    UPDATE invitation i SET day = given.day, goes_at = given.goes_at FROM given WHERE i.id = given.id
), held AS MATERIALIZED (
    SELECT d.id, given.goes_at, given.goes_at - d.due_at AS later
    FROM given JOIN delivery d ON d.invitation = given.id
    WHERE d.state = 'pending' AND d.unknowns = 0 AND d.due_at > clock_timestamp()
    ORDER BY d.id
    FOR UPDATE OF d
)
UPDATE delivery d
SET due_at = held.goes_at, expires_at = d.expires_at + held.later, reach_by = d.reach_by + held.later
FROM held
WHERE d.id = held.id
RETURNING d.channel;
