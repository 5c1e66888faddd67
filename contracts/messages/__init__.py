"""The messages between services: one module for each, with the base and the identities they share."""
