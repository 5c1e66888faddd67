"""Calls by phone: whom no message reached, claimed by callers, and how it went."""
