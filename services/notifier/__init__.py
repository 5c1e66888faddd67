"""Reaches people: recipients, deliveries, conversation, messengers."""
