-- Whose an application is, and who else may write it. A version before this one knows neither and lets everybody
-- write; what it makes meanwhile has no owner, and then the publisher at the head of its history counts as one.
ALTER TABLE application ADD COLUMN owner text COLLATE "C";

-- A publisher may write what another one owns: one application, or all of it where the key is empty.
CREATE TABLE publisher_grant (
    owner text COLLATE "C" NOT NULL,
    publisher text COLLATE "C" NOT NULL,
    application_key text COLLATE "C" NOT NULL DEFAULT '',
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner, publisher, application_key),
    CONSTRAINT nobody_grants_to_themselves CHECK (owner <> publisher)
);

-- An event of a stranger is set aside as refused. This allows more than before, so no stored row needs a look
-- under the lock.
ALTER TABLE set_aside DROP CONSTRAINT set_aside_effect_check;
ALTER TABLE set_aside ADD CONSTRAINT set_aside_effect_check CHECK (
    effect IN ('duplicate', 'conflict', 'refused', 'parked', 'dead')
) NOT VALID;

-- Find the owners of applications that stand already, some at a time in the order of every lock: who named an
-- application first, as far as is known, and whoever else has named it may go on to.
CREATE PROCEDURE find_owners() LANGUAGE plpgsql AS $$
DECLARE
    page text[];
    after text := '';
BEGIN
    LOOP
        SELECT array_agg(application_key ORDER BY application_key) INTO page FROM (
            SELECT application_key FROM application
            WHERE application_key > after AND owner IS NULL
            ORDER BY application_key
            LIMIT 500
            FOR UPDATE
        ) AS next;
        EXIT WHEN page IS NULL;
        WITH named AS (
            SELECT application_key, publisher, taken_at AS at, stream_sequence AS number FROM event
            WHERE application_key = ANY(page) AND withdrawn_at IS NULL
            UNION ALL
            SELECT application_key, publisher COLLATE "C", issued_at, 0 FROM claim
            WHERE application_key = ANY(page) AND parent_id IS NULL
        ), first AS (
            SELECT DISTINCT ON (application_key) application_key, publisher FROM named
            ORDER BY application_key, at, number
        ), owned AS (
            UPDATE application a SET owner = first.publisher FROM first
            WHERE a.application_key = first.application_key
        )
        INSERT INTO publisher_grant (owner, publisher, application_key, granted_by)
        SELECT DISTINCT first.publisher, named.publisher, application_key, 'history'
        FROM named JOIN first USING (application_key)
        WHERE named.publisher <> first.publisher
        ON CONFLICT DO NOTHING;
        after := page[cardinality(page)];
        COMMIT;
    END LOOP;
END
$$;
