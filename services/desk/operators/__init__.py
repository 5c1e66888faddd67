"""What operators and editors do about the knowledge base."""
