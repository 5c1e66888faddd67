"""What keeps a process from starting, and the exit status that says so.

StartError
└── SettingsError
"""

CANNOT_START = 2
"""The exit status of a process or command that does nothing until something is changed."""


class StartError(Exception):
    """The process cannot start; the message says what is wrong and what to do."""


class SettingsError(StartError):
    """The settings are not fit to start with; the message names each variable and what is wrong."""
