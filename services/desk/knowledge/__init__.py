"""The knowledge base: what staff made of the answers, how it is published, what people ask of it."""
