"""NATS as an installation runs it: its configuration, and what each login may do."""
