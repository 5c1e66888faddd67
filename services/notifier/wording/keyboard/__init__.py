"""Buttons under messages, and the short texts that they carry."""
