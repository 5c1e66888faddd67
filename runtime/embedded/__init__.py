"""NATS and PostgreSQL from wheels, for one machine and for the tests."""

from runtime.embedded.errors import EmbeddedError, PortTakenError
from runtime.embedded.nats import EmbeddedNats, NatsUser
from runtime.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedError", "EmbeddedNats", "EmbeddedPostgres", "NatsUser", "PortTakenError"]
