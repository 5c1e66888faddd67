"""Messages to publish, for the tests of the publisher."""

from contracts.streams import OUTCOME_SUBJECT
from runtime.publisher import Outgoing


def messages(count: int, run: str = "m", subject: str = OUTCOME_SUBJECT) -> list[Outgoing]:
    """Return so many messages; `run` makes their ids new."""
    return [Outgoing(subject, f"{run}-{number}", str(number).encode()) for number in range(count)]
