"""The public edge: the page behind the code on a receipt, on a listener of its own."""
