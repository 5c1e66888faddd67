-- Forgetting people, telling of new followers, limits on typed codes, and how far an event reached.

ALTER TABLE subscription DROP CONSTRAINT subscription_ended_by_check;
ALTER TABLE subscription ADD CONSTRAINT subscription_ended_by_check CHECK (ended_by IN ('stop', 'forget'));
ALTER TABLE subscription ALTER COLUMN recipient_id DROP NOT NULL;
ALTER TABLE subscription ADD CONSTRAINT only_the_forgotten_have_no_name CHECK (
    (recipient_id IS NULL) <= (ended_by IS NOT DISTINCT FROM 'forget')
);
CREATE INDEX subscription_of_recipient ON subscription (recipient_id) WHERE recipient_id IS NOT NULL;
CREATE INDEX redemption_of_recipient ON redemption (recipient_id);

-- A notice that no event caused: of a new follower. Its application counts those, for the books.
ALTER TABLE application ADD COLUMN beside bigint NOT NULL DEFAULT 0 CHECK (beside >= 0);
ALTER TABLE notice ALTER COLUMN recipient_id DROP NOT NULL;
ALTER TABLE notice ALTER COLUMN publisher DROP NOT NULL;
ALTER TABLE notice ALTER COLUMN event_id DROP NOT NULL;
ALTER TABLE notice DROP CONSTRAINT notice_revision_check;
ALTER TABLE notice ADD CONSTRAINT notice_revision_check CHECK (revision > 0 OR (kind = 'follower' AND revision = 0));
ALTER TABLE notice ADD CONSTRAINT an_event_caused_all_but_some_kinds CHECK (
    num_nonnulls(publisher, event_id) = CASE WHEN kind IN ('follower', 'overdue') THEN 0 ELSE 2 END
);

ALTER TABLE event ADD COLUMN reached_at timestamptz;

-- Ids of recipients who are to stay forgotten, whatever still arrives about them.
CREATE TABLE forgotten (
    recipient_id uuid PRIMARY KEY,
    at timestamptz NOT NULL
);

-- How many typed codes were wrong in an hour, by one recipient (scope) or by all.
CREATE TABLE typing (
    scope text NOT NULL,
    hour timestamptz NOT NULL,
    wrong integer NOT NULL CHECK (wrong >= 0),
    PRIMARY KEY (scope, hour)
);
