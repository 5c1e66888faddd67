"""The agency's own data: whether it is fit, and its consultations drawn as text."""
