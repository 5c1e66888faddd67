"""The app of the citizens' page on the phones: what comes up on the screen while the page is closed."""
