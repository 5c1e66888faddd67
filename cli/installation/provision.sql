-- role_missing: whether a login role has still to be made
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1);

-- create_role: the statement that makes a service's login role
SELECT format('CREATE ROLE %I LOGIN', $1::text);

-- set_password: the statement that sets a role's password
SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text);

-- avoid: the statement that has a role's sessions avoid a kind of plan
SELECT format('ALTER ROLE %I SET %I = off', $1::text, $2::text);

-- create_schema: the statement that makes a service's schema
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', $1::text);

-- grant_schema: the statement that lets a role use its own schema
SELECT format('GRANT USAGE ON SCHEMA %1$I TO %2$I', $1::text, $2::text);

-- grant_tables: the statement that lets a role read and write the tables of its own schema
SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$I TO %2$I', $1::text, $2::text);

-- grant_sequences: the statement that lets a role use the sequences of its own schema
SELECT format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %1$I TO %2$I', $1::text, $2::text);

-- append_only: the statements that leave a role nothing but reading and adding where a table's comment says so
SELECT format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I', c.oid::regclass, $2::text) AS statement
FROM pg_class c
WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND obj_description(c.oid, 'pg_class') LIKE 'append-only%';
