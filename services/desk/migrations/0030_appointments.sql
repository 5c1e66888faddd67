-- Appointments: who comes to which office when, by names that say nothing. A row is one booking for ever: whoever
-- moves has a new one. What holds a place is decided by the unique indexes alone.
CREATE TABLE appointment (
    appointment_id uuid PRIMARY KEY,
    office text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    place smallint NOT NULL CHECK (place >= 0),
    code text COLLATE "C" NOT NULL CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{5}$'),
    publisher text COLLATE "C" NOT NULL,
    document_type text NOT NULL,
    application uuid,
    recipient_id uuid,
    subscription_id uuid,
    status text NOT NULL CHECK (
        status IN ('booked', 'moved', 'given_back', 'closed', 'ended', 'present', 'no_show')
    ),
    booked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    reminded_at timestamptz,
    checked_at timestamptz NOT NULL,
    CONSTRAINT it_ends_after_it_begins CHECK (ends_at > starts_at),
    CONSTRAINT what_is_booked_is_somebodys CHECK (
        status <> 'booked' OR (application IS NOT NULL AND recipient_id IS NOT NULL AND subscription_id IS NOT NULL)
    )
);
CREATE UNIQUE INDEX one_at_a_place ON appointment (office, starts_at, place)
    WHERE status IN ('booked', 'present', 'no_show');
CREATE UNIQUE INDEX one_an_application ON appointment (application) WHERE status = 'booked';
CREATE UNIQUE INDEX one_by_a_code ON appointment (office, code) WHERE status = 'booked';
CREATE INDEX appointment_of_recipient ON appointment (recipient_id) WHERE recipient_id IS NOT NULL;
CREATE INDEX appointment_of_publisher ON appointment (publisher, starts_at, appointment_id);
CREATE INDEX appointment_to_check ON appointment (checked_at) WHERE status = 'booked';
CREATE INDEX appointment_by_time ON appointment (starts_at);

-- When staff serve nobody by appointment, and why, in their words.
CREATE TABLE closed_time (
    closed_id uuid PRIMARY KEY,
    office text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (length(reason) <= 200),
    staff_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT it_reopens_after_it_closes CHECK (ends_at > starts_at)
);
CREATE INDEX closed_time_of_office ON closed_time (office, ends_at);

-- Who waits for an earlier time than theirs, or for any.
CREATE TABLE waiting_earlier (
    application uuid PRIMARY KEY,
    office text COLLATE "C" NOT NULL,
    publisher text NOT NULL,
    document_type text NOT NULL,
    recipient_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    since timestamptz NOT NULL,
    checked_at timestamptz NOT NULL
);
CREATE INDEX waiting_of_recipient ON waiting_earlier (recipient_id);
CREATE INDEX waiting_of_office ON waiting_earlier (office, since);

CREATE TABLE earlier_offer (
    application uuid NOT NULL REFERENCES waiting_earlier ON DELETE CASCADE,
    starts_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (application, starts_at)
);
