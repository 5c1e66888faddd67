-- Look at the stored rows while others work on them.
ALTER TABLE application VALIDATE CONSTRAINT application_application_key_check;
ALTER TABLE event VALIDATE CONSTRAINT event_digest_check;
