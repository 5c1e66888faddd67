"""Receipts: issued, shown, printed, issued again, revoked."""
