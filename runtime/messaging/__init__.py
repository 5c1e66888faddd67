"""NATS and JetStream: connecting, publishing, pulling, replaying, provisioning."""
