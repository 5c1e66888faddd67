"""The citizen's own page: their documents, their settings, and the conversation as in any messenger."""
