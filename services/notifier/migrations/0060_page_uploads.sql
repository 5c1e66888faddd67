-- What was sent through the form of the citizens' page, sealed, until it is dealt with as pictures of messengers are.
CREATE TABLE page_upload (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES page_session (id) ON DELETE CASCADE,
    key_id text NOT NULL,
    box bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE page_upload ALTER COLUMN box SET STORAGE EXTERNAL;
CREATE INDEX page_upload_of_session ON page_upload (session_id);
CREATE INDEX page_upload_age ON page_upload (at);

-- What was dealt with is in nobody's hands any more.
CREATE FUNCTION page_upload_is_done() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM page_upload WHERE id = OLD.reference::uuid;
    RETURN NULL;
END
$$;
CREATE TRIGGER page_upload_is_done AFTER DELETE ON picture
FOR EACH ROW WHEN (OLD.channel = 'web') EXECUTE FUNCTION page_upload_is_done();
