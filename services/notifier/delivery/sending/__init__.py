"""Sending under the lease of a messenger account: what is claimed, called, held back, and what came of it."""
