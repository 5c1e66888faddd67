-- keys_after: the next applications in key order
SELECT application_key FROM application WHERE application_key > $1 ORDER BY application_key LIMIT $2;
