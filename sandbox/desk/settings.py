"""What simulated staff are told."""

STAFF = "DOCWATCH_SANDBOX_STAFF"
"""The variable of the environment that says who they are: `login:code` each, between blanks."""
