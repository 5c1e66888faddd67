"""People: their addresses, what they chose, and sealing both anew when keys change."""
