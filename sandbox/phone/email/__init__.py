"""The mail app of the phones: its JSON API, its events, and the API of its script."""
