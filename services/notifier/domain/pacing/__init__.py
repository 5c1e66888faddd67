"""How fast accounts and chats are written to, and when one that fails is left alone."""
