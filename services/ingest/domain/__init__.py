"""What ingest decides, as pure functions: which number, which event, which secret."""
