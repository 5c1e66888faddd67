"""The citizen's own page as a channel: sessions, their conversation, and who looks at it now."""
