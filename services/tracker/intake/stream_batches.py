"""A batch of a stream's messages: opened, taken in, acked; it is not lost for one bad message.

Passing errors put messages off; data that the database refuses is found and buried.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from nats.aio.msg import Msg

from runtime.database.postgres import TRANSIENT, refused_data
from runtime.logs import logger
from runtime.messaging.jetstream import acknowledge, postpone, sequence_of
from runtime.tracing import Span
from services.tracker.domain.batch import Source

LOG = logger(__name__)
POSTPONED_SECONDS = 2.0
REFUSED = "refused by the database"
"""Why a message is buried whose data the database cannot take."""


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


async def settle(
    items: Sequence[T],
    take: Callable[[Sequence[T]], Awaitable[None]],
    bury: Callable[[T, str], Awaitable[None]],
) -> list[T]:
    """Take items in together, or one by one where the database refuses the data of one of them.

    Args:
        items: what is to be taken in.
        take: takes some in, all or nothing, any number of times.
        bury: accounts for one that the database refuses, for the reason given.

    Returns:
        The items that are to come again, because the database did not answer; all others are settled.
    """
    try:
        await take(items)
    except Exception as error:
        if refused_data(error):
            return await _one_by_one(items, take, bury)
        if not isinstance(error, TRANSIENT):
            raise
        LOG.warning("batch put off", size=len(items), error=repr(error))
        return list(items)
    return []


async def _one_by_one(
    items: Sequence[T],
    take: Callable[[Sequence[T]], Awaitable[None]],
    bury: Callable[[T, str], Awaitable[None]],
) -> list[T]:
    later: list[T] = []
    for item in items:
        try:
            await _take_or_bury(item, take, bury)
        except TRANSIENT as error:
            if refused_data(error):
                raise
            LOG.warning("message put off", error=repr(error))
            later.append(item)
    return later


async def _take_or_bury(
    item: T,
    take: Callable[[Sequence[T]], Awaitable[None]],
    bury: Callable[[T, str], Awaitable[None]],
) -> None:
    try:
        await take([item])
    except Exception as error:
        if not refused_data(error):
            raise
        await bury(item, str(error).replace("\x00", ""))
