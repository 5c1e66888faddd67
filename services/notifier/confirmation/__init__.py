"""Addresses that people give on our page: asked about there, confirmed by their owners, ended by a link."""
