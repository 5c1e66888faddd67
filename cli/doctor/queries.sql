-- about: the server, the login and the clock in one row
SELECT current_setting('server_version_num')::integer AS version, pg_is_in_recovery() AS standby,
       (SELECT count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_user::text AS login, clock_timestamp() AS now,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted,
       COALESCE(NOT (inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() <<= '::1/128'), false) AS remote;

-- settings: the server settings that decide whether what is acknowledged stays, and what ends connections
SELECT name, setting FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'max_connections', 'statement_timeout',
               'idle_session_timeout', 'default_transaction_read_only', 'server_encoding',
               'transaction_timeout', 'synchronous_standby_names');

-- schema_asked_for: what a session got of what it asked for at its start
SELECT current_setting('search_path');

-- notify: send a notification to oneself by way of another session
SELECT pg_notify($1, '');

-- schema_exists: whether a schema is there and may be used
SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1;

-- denied: the tables of a schema that this login may not fully use; of one that is append-only, not read and add to
SELECT c.relname::text AS tablename FROM pg_class c
WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND c.relname <> 'schema_migration'
  AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
           AND (COALESCE(obj_description(c.oid, 'pg_class'), '') LIKE 'append-only%'
                OR (has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))))
ORDER BY c.relname;

-- readable: whether this login may read a table of a schema
SELECT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relname = $2
      AND has_schema_privilege(pg_namespace.oid, 'USAGE') AND has_table_privilege(pg_class.oid, 'SELECT')
);

-- applied: the migrations that a schema has; the search path names it
SELECT name FROM schema_migration ORDER BY name;

-- sealed_under: the ids of the keys under which citizens' addresses are encrypted
SELECT DISTINCT key_id FROM notifier.address ORDER BY key_id;

-- endless_keys: publishers with API keys that work until somebody revokes them
SELECT DISTINCT publisher FROM ingest.api_key WHERE expires_at IS NULL AND revoked_at IS NULL ORDER BY publisher;

-- shared_by_history: who wrote single applications of another publisher before owners were kept, and may do no more
SELECT owner, publisher, count(*) AS applications FROM tracker.publisher_grant
GROUP BY owner, publisher HAVING NOT bool_or(application_key = '') ORDER BY owner, publisher;

-- set_aside: messages that took no effect and that no operator has dealt with
SELECT effect, count(*) AS messages FROM tracker.set_aside
WHERE settled_at IS NULL AND effect <> 'duplicate' GROUP BY effect;

-- people: questions whose promise is over, conversations without a beginning, staff with an account
SELECT
    (SELECT count(*) FROM desk.conversation WHERE asks_since IS NOT NULL AND opened_at IS NOT NULL AND due <= now())
        AS broken,
    (SELECT count(*) FROM desk.conversation
     WHERE opened_at IS NULL AND NOT forgotten AND changed_at < now() - interval '1 minute') AS unopened,
    (SELECT count(*) FROM desk.staff WHERE ended_at IS NULL) AS staff;

-- file_bytes: the bytes of files of citizens that are kept
SELECT coalesce(sum(size), 0)::bigint FROM notifier.handover_file WHERE kept_until > clock_timestamp();

-- said_under: the ids of the keys under which what citizens and staff said is sealed
SELECT DISTINCT key FROM desk.utterance ORDER BY key;
