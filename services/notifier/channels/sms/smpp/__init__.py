"""SMS by SMPP 3.4: a session with a provider's message centre, over which texts, answers and receipts go."""
