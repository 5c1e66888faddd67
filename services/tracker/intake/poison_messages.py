"""A batch that is not lost for one bad item: passing errors put it off, refused data is found and buried."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from runtime.database.postgres import TRANSIENT, refused_data
from runtime.logs import logger

LOG = logger(__name__)
T = TypeVar("T")


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
