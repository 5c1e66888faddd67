"""Simulated staff of the agency: they sign in at the desk's page and answer there as people do, over HTTP."""
