"""Commands of editors: the knowledge base listed, checked, imported, exported; what people asked of it."""
