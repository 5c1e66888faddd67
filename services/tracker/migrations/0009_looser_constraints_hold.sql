-- Look at the stored rows while others work on them.
ALTER TABLE application VALIDATE CONSTRAINT a_state_is_whole;
ALTER TABLE application VALIDATE CONSTRAINT no_state_has_no_details;
ALTER TABLE notice VALIDATE CONSTRAINT an_event_caused_all_but_some_kinds;
