"""The whole of ingest's HTTP: the application that puts the routes together, and its OpenAPI description."""
