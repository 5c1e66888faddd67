-- add: a new account
INSERT INTO staff (
    id, login, name, public_name, roles, languages, topics, offices, by_directory, issuer, subject,
    invitation, invited_until, created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (login) DO NOTHING
RETURNING id;

-- by_login: an account by its login
SELECT * FROM staff WHERE login = $1;

-- by_invitation: the account that a code is for
SELECT * FROM staff WHERE invitation = $1 AND invited_until > $2;

-- by_subject: the account of somebody whom a directory knows
SELECT * FROM staff WHERE issuer = $1 AND subject = $2 AND ended_at IS NULL;

-- bind: note whom a directory means by a login, once and for all
UPDATE staff SET issuer = $2, subject = $3
WHERE login = $1 AND by_directory AND subject IS NULL AND ended_at IS NULL
RETURNING *;

-- all: every account with the last sign of it
SELECT s.*, (SELECT count(*) FROM staff_session AS o WHERE o.staff_id = s.id AND o.stage = 'open' AND o.ends_at > $1) AS sessions
FROM staff AS s ORDER BY s.ended_at IS NOT NULL, s.login;

-- change: what somebody may do and how they are called; NULL leaves it as it is
UPDATE staff SET name = coalesce($2, name), public_name = coalesce($3, public_name), roles = coalesce($4, roles),
    languages = coalesce($5, languages), topics = coalesce($6, topics), offices = coalesce($7, offices)
WHERE id = $1 AND ended_at IS NULL
RETURNING id;

-- reset: let a local account begin anew, by a new code
UPDATE staff SET password = NULL, factor = NULL, factor_key_id = NULL, invitation = $2, invited_until = $3
WHERE id = $1 AND NOT by_directory AND ended_at IS NULL
RETURNING id;

-- unbind: let a directory name anew whom it means
UPDATE staff SET issuer = NULL, subject = NULL WHERE id = $1 AND by_directory AND ended_at IS NULL RETURNING id;

-- end: an account that nobody signs in to any more
UPDATE staff SET ended_at = $2, password = NULL, factor = NULL, factor_key_id = NULL, invitation = NULL, invited_until = NULL
WHERE id = $1 AND ended_at IS NULL
RETURNING id;

-- forget_devices: browsers of an account are strangers again
DELETE FROM staff_device WHERE staff_id = $1;

-- end_sessions: an account is signed in nowhere any more
DELETE FROM staff_session WHERE staff_id = $1;

-- choose_password: a password, which uses up the code that led to it
UPDATE staff SET password = $2, invitation = NULL, invited_until = NULL
WHERE id = $1 AND NOT by_directory AND ended_at IS NULL AND password IS NOT DISTINCT FROM $3
RETURNING id;

-- set_factor: the second factor, where there is none yet
UPDATE staff SET factor = $2, factor_key_id = $3, factor_step = $4
WHERE id = $1 AND factor IS NULL AND password IS NOT NULL AND ended_at IS NULL
RETURNING id;

-- use_step: a code of the second factor, which no other may use after it
UPDATE staff SET factor_step = $2, factor = $3, factor_key_id = $4
WHERE id = $1 AND factor_step < $2 AND factor IS NOT NULL AND ended_at IS NULL
RETURNING id;

-- read_in: the language of somebody's pages
UPDATE staff SET reads = $2 WHERE id = $1 AND ended_at IS NULL;
