"""Where one person is reached: several addresses, what is asked about them, and how they change."""
