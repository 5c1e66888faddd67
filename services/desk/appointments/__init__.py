"""Appointments: which times there are, who has which, who is told of theirs, an office's day."""
