-- People who were not told are numbered as their notices end, so that a publisher reads them page by page.

ALTER TABLE notice ADD COLUMN unreached bigint CHECK (unreached > 0);
ALTER TABLE notice ADD CONSTRAINT only_ends_are_unreached CHECK (unreached IS NULL OR ended_as IS NOT NULL);
CREATE SEQUENCE unreached_number OWNED BY notice.unreached;
CREATE UNIQUE INDEX notice_unreached ON notice (publisher, unreached) WHERE unreached IS NOT NULL;
CREATE INDEX set_aside_of_event ON set_aside (publisher, event_id, at);
