"""What a publisher is told of the appointments for its documents: who comes when, by its own receipts."""
