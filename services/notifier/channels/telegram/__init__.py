"""Telegram: sending, updates, refusals, the bot's profile and its files."""
