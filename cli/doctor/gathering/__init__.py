"""Gathers what the doctor judges: settings, servers, logins; nothing is changed anywhere."""
