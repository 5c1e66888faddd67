"""The app of the simulated SMS on the phones: its JSON API, its events, and the API of its script."""
