-- wait_for_standby: write an empty message to the log, so that the commit waits as one that changes something
SELECT pg_logical_emit_message(true, 'docwatch', '');
