"""The docwatch command."""
