-- at_work: which of some roles are connected
SELECT DISTINCT usename FROM pg_stat_activity WHERE usename = ANY($1::text[]) ORDER BY usename;

-- signs_of_use: the tables whose first row means that somebody has used an installation
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = ANY($1::text[])
    AND (n.nspname, c.relname) IN (
        ('ingest', 'api_key'), ('ingest', 'outcome'), ('tracker', 'application'), ('tracker', 'event'),
        ('notifier', 'recipient'), ('notifier', 'delivery'), ('desk', 'staff'), ('desk', 'conversation')
    )
ORDER BY 1, 2;

-- any_row: the question whether a table holds a row
SELECT format('SELECT EXISTS (SELECT FROM %I.%I)', $1::text, $2::text);

-- drop_schema: the statement that drops a schema with all in it
SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', $1::text);

-- provisioned: whether all of some schemas are there
SELECT count(*) = cardinality($1::text[]) FROM pg_namespace WHERE nspname = ANY($1::text[]);
