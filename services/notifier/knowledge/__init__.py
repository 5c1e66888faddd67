"""The answers to what people ask: the agency's own and, above them, what staff make of them at run time."""
