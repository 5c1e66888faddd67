"""Stage events from the stream to one committed transaction a batch."""
