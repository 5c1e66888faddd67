"""What a citizen cannot do on the phone, and why.

Exception tree: WorldError(status) with UnknownThingError (404), NotPossibleError (409), BadDeedError (400).
"""


class WorldError(Exception):
    """A citizen tries what cannot be done."""

    status = 400


class BadDeedError(WorldError):
    """What is asked for is malformed."""


class UnknownThingError(WorldError):
    """There is no such citizen or message."""

    status = 404


class NotPossibleError(WorldError):
    """The chat is not in a state for this."""

    status = 409
