-- What answers of the base say of a citizen's document beside its stage: codes of papers that are missing, and the day
-- on which its next stage is expected.
ALTER TABLE conversation ADD COLUMN missing text[] COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE conversation ADD COLUMN expected_on date;
