"""`docwatch doctor`: is this installation fit, and if not, what is wrong, why it matters, how to mend it."""
