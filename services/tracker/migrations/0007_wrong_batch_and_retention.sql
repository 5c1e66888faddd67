-- The wrong batch: braked, held, withdrawn. What is over is purged. The audit is only added to.

-- A withdrawn event stays, so that nobody takes it in again, and is left out of the fold.
ALTER TABLE event ADD COLUMN withdrawn_at timestamptz;

-- A withdrawal may leave an application without a state; its revision stays, for revisions only rise. These
-- constraints allow more than those before them, so no stored row needs a look under the lock.
ALTER TABLE application DROP CONSTRAINT a_state_is_whole;
ALTER TABLE application ADD CONSTRAINT a_state_is_whole CHECK (
    num_nonnulls(
        stage, rank, detour, occurred_at, head_publisher, head_event_id,
        last_occurred_at, last_rank, last_publisher, last_event_id
    ) = CASE WHEN stage IS NULL THEN 0 ELSE 10 END
    AND (stage IS NULL OR revision > 0)
) NOT VALID;
ALTER TABLE application DROP CONSTRAINT no_state_has_no_details;
ALTER TABLE application ADD CONSTRAINT no_state_has_no_details CHECK (
    stage IS NOT NULL
    OR (cycle = 0 AND missing = '{}' AND num_nonnulls(office, note, expected_at, last_sequence) = 0)
) NOT VALID;

-- No event causes the correction that follows a withdrawal.
ALTER TABLE notice DROP CONSTRAINT an_event_caused_all_but_some_kinds;
ALTER TABLE notice ADD CONSTRAINT an_event_caused_all_but_some_kinds CHECK (
    num_nonnulls(publisher, event_id) IN (0, 2)
    AND (kind = 'correction' OR (event_id IS NULL) = (kind IN ('follower', 'overdue')))
) NOT VALID;

-- Why a publisher is held, and since when what it sent is in doubt.
ALTER TABLE hold ADD COLUMN why text NOT NULL DEFAULT '';
ALTER TABLE hold ADD COLUMN suspected_from timestamptz;

-- How many events of which stage told people, by the hour in which they were accepted. Each process writes
-- rows of its own shard, so that several do not wait for each other.
CREATE TABLE pace (
    publisher text COLLATE "C" NOT NULL,
    hour timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    stage text COLLATE "C" NOT NULL,
    shard smallint NOT NULL,
    events bigint NOT NULL CHECK (events > 0),
    PRIMARY KEY (publisher, hour, stage, shard)
);
CREATE INDEX pace_in_hour ON pace (hour);

-- Until when a person has found a publisher's pace to be right.
CREATE TABLE approval (
    publisher text COLLATE "C" PRIMARY KEY,
    at timestamptz NOT NULL
);

-- How the notices ended that are purged, for the books.
CREATE TABLE purged (
    ended_as text PRIMARY KEY CHECK (
        ended_as IN ('accepted', 'undeliverable', 'superseded', 'expired', 'withdrawn', 'unknown')
    ),
    notices bigint NOT NULL CHECK (notices >= 0)
);

-- Provisioning leaves the service's role nothing but reading and adding.
COMMENT ON TABLE audit IS 'append-only: who did what, without personal data';
