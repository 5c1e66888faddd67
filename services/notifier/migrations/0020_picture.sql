-- Pictures that wait to be read. A try is written down before the picture is looked at, so that one which ends
-- whoever reads it is known for that, also by the next process. What waits for somebody goes with them.
CREATE TABLE picture (
    channel text NOT NULL,
    update_id bigint NOT NULL,
    recipient_id uuid NOT NULL REFERENCES recipient (id) ON DELETE CASCADE,
    reference text NOT NULL,
    language text,
    sent_at timestamptz NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (channel, update_id)
);
CREATE INDEX picture_recipient ON picture (recipient_id);
