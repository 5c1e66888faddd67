"""SMS: texts to a phone number, counted and paid by the part."""
