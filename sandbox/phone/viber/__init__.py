"""The app of the simulated Viber on the phones: its JSON API, its events, and the API of its script."""
