"""One service process: start, HTTP server, workers, signals, a graceful stop, and its operations paths."""
