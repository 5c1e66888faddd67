"""Clients of the sandbox: what citizens and staff do there, and what a test scripts and reads."""
