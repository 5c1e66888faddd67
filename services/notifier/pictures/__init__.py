"""Pictures of receipts, read by a process that can be killed."""
