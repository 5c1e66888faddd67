"""The AsyncAPI description of everything that goes over NATS."""
