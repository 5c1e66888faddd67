"""Accounts of staff: how they sign in, their sessions, and the audit of what they do."""
