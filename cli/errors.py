"""Errors of the command line: one sentence that says what is wrong and what to do."""


class CommandError(Exception):
    """The command cannot go on; the message is shown as it is and the exit status is 2."""
