"""Waiting for a condition of something that sends no signal of its own, up to a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(
    condition: Callable[[], Awaitable[T | None]], *, within: float = 20.0, every: float = 0.01
) -> T:
    """Return the condition's first true value; TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            if value := await condition():
                return value
            await asyncio.sleep(every)  # the one poll, for what sends no signal
