"""Viber: sending, keyboards, refusals, posted updates and citizens' pictures."""
