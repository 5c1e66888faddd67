-- about: the server, the login and the clock in one row
SELECT current_setting('server_version_num')::integer AS version, pg_is_in_recovery() AS standby,
       (SELECT count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_user::text AS login, clock_timestamp() AS now,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser;

-- settings: the server settings that decide whether what is acknowledged stays, and what ends connections
SELECT name, setting FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'max_connections', 'statement_timeout',
               'idle_session_timeout', 'default_transaction_read_only', 'server_encoding',
               'transaction_timeout');

-- schema_exists: whether a schema is there and may be used
SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1;

-- denied: the tables of a schema that this login may not fully use
SELECT tablename::text FROM pg_tables
WHERE schemaname = $1 AND tablename <> 'schema_migration'
  AND NOT (has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT')
           AND has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT')
           AND has_table_privilege(format('%I.%I', schemaname, tablename), 'UPDATE')
           AND has_table_privilege(format('%I.%I', schemaname, tablename), 'DELETE'))
ORDER BY tablename;

-- readable: whether this login may read a table of a schema
SELECT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relname = $2
      AND has_schema_privilege(pg_namespace.oid, 'USAGE') AND has_table_privilege(pg_class.oid, 'SELECT')
);

-- applied: the migrations that a schema has; the search path names it
SELECT name FROM schema_migration ORDER BY name;

-- sealed_under: the ids of the keys under which citizens' addresses are encrypted
SELECT DISTINCT key_id FROM notifier.recipient WHERE address IS NOT NULL ORDER BY key_id;
