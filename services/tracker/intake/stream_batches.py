"""Messages of a stream, opened and released: what was read of each, where it stands, and under which span."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from nats.aio.msg import Msg

from runtime.database.stream_batches import POSTPONED_SECONDS
from runtime.messaging.jetstream import acknowledge, postpone, sequence_of
from runtime.tracing import Span
from services.tracker.domain.batch import Source


class Sourced(Protocol):
    """What was read of a message."""

    @property
    def source(self) -> Source:
        """The message."""


T = TypeVar("T")
S = TypeVar("S", bound=Sourced)


@dataclass(frozen=True, slots=True)
class Opened(Generic[T]):
    """A message, what it says, and the span under which it is taken in."""

    message: Msg
    span: Span
    says: T


def source_of(stream: str, message: Msg, trace: str | None = None) -> Source:
    """Return where a message stands in its stream, and its bytes."""
    return Source(stream, sequence_of(message), message.data, trace)


async def release(batch: Sequence[Opened[S]], later: Iterable[S]) -> None:
    """Ack the messages, all but those that are to come again later."""
    put_off = {item.source.sequence for item in later}
    kept = [opened.message for opened in batch if opened.says.source.sequence in put_off]
    await acknowledge([opened.message for opened in batch if opened.says.source.sequence not in put_off])
    await postpone(kept, POSTPONED_SECONDS)
