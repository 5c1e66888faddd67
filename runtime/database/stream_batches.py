"""A batch of a stream's messages taken into the database; it is not lost for one bad message.

While the database does not answer, messages are put off; data that it refuses is found and buried.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from nats.aio.msg import Msg

from runtime.database.postgres import TRANSIENT, refused_data
from runtime.logs import logger
from runtime.messaging.jetstream import acknowledge, postpone

LOG = logger(__name__)
POSTPONED_SECONDS = 2.0
UNSTORABLE = "unstorable"
REFUSED = "refused by the database"
"""Why a message is buried whose data the database cannot take."""
T = TypeVar("T")


async def take_in(
    batch: Sequence[tuple[Msg, T]],
    take: Callable[[Sequence[T]], Awaitable[None]],
    dead: Callable[[Msg, str, str], T],
) -> int:
    """Take a batch in, then ack it; a message whose data the database refuses is taken in as dead.

    Args:
        batch: the messages, each with what was read of it.
        take: takes some in, all or nothing, any number of times; it takes what `dead` makes, too.
        dead: makes of a message, a reason and a detail what is kept in place of it.

    Returns:
        How many messages are to come again, because the database did not answer.
    """
    if not batch:
        return 0

    async def take_pairs(pairs: Sequence[tuple[Msg, T]]) -> None:
        await take([item for _, item in pairs])

    async def bury(pair: tuple[Msg, T], _: str) -> None:
        # What the database says of the data quotes it, so it stays out of letters.
        await take([dead(pair[0], UNSTORABLE, REFUSED)])

    later = [message for message, _ in await settle(batch, take_pairs, bury)]
    put_off = set(map(id, later))
    await acknowledge([message for message, _ in batch if id(message) not in put_off])
    await postpone(later, POSTPONED_SECONDS)
    return len(later)


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
    except Exception as error:  # sorted here: the data's, the database's, or anybody's, which goes on
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
    except Exception as error:  # all that is not the data's goes on
        if not refused_data(error):
            raise
        await bury(item, str(error).replace("\x00", ""))
