"""`docwatch staff`: who works at the desk, and what they did."""
