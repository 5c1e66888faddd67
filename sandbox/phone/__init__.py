"""The citizens' phone: one web page and the JSON and event-stream API behind it."""
