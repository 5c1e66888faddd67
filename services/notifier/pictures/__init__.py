"""Pictures of receipts: kept until they are read, and read by a process that can be killed."""
