"""The ledger: how every notice ended, what followed from it, and whether the books balance."""
