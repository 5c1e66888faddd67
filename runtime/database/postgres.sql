-- read_whole: let this transaction read tables from end to end, which a service's sessions avoid
SET LOCAL enable_seqscan = on;

-- wait_for_standby: write an empty message to the log, so that the commit waits as one that changes something
SELECT pg_logical_emit_message(true, 'docwatch', '');
