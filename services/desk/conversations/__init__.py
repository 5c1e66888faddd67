"""Conversations between citizens and the agency's people: what comes in, who holds it, what is answered."""
