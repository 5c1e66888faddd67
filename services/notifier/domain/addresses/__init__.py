"""Where a person is reached: their addresses, what proves them, which route a message takes."""
