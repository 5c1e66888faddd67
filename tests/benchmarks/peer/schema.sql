-- What an application of this kind keeps: applications, who follows them, events once each, messages and their ends.
CREATE TABLE application (number text PRIMARY KEY, document text NOT NULL, stage text, changed_at timestamptz);
CREATE TABLE follower (
    number text NOT NULL REFERENCES application, chat bigint NOT NULL, PRIMARY KEY (number, chat));
CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text NOT NULL, name text NOT NULL,
    number text NOT NULL, document text NOT NULL, stage text NOT NULL, happened_at timestamptz NOT NULL,
    UNIQUE (source, name));
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event bigint NOT NULL REFERENCES event, chat bigint NOT NULL,
    state text NOT NULL DEFAULT 'sending', reference bigint, sent_at timestamptz, UNIQUE (event, chat));
