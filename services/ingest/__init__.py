"""The back office's door."""
