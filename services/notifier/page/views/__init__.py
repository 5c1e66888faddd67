"""What the page shows: who looks, their documents and their conversation, as HTML."""
