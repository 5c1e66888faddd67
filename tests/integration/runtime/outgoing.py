"""Messages to publish, for the tests of the stream writer."""

from typing_extensions import override

from contracts.streams import OUTCOME_SUBJECT
from runtime.messaging.batch_threshold import BatchThreshold
from runtime.messaging.stream_writer import Outgoing


class FixedThreshold(BatchThreshold):
    """Knows from how many messages on they are a batch, and learns nothing."""

    def __init__(self, fewest: int) -> None:
        super().__init__()
        self.fewest = fewest

    @override
    def note(self, count: int, seconds: float) -> None:
        pass


def messages(count: int, run: str = "m", subject: str = OUTCOME_SUBJECT) -> list[Outgoing]:
    """Return so many messages; `run` makes their ids new."""
    return [Outgoing(subject, f"{run}-{number}", str(number).encode()) for number in range(count)]
