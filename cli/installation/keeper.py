"""Keeps an embedded server running: one that dies is started again, on the same data and port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from runtime.clock import Clock
from runtime.embedded import EmbeddedError
from runtime.embedded.server import EmbeddedServer
from runtime.retry import backoff


@asynccontextmanager
async def kept(server: EmbeddedServer, clock: Clock, tell: Callable[[str], None]) -> AsyncIterator[None]:
    """Run a server for the length of the block."""
    async with server:
        keeper = asyncio.create_task(_keep(server, clock, tell), name=f"keep {server.log.stem}")
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)


async def _keep(server: EmbeddedServer, clock: Clock, tell: Callable[[str], None]) -> None:
    attempt = 0
    while True:
        if server.running:
            await server.wait()
            attempt = 0
            tell(f"{server.log.stem} ended, starts again; log: {server.log}")
        attempt += 1
        try:
            await server.start()
        except EmbeddedError as error:
            tell(str(error))
            await clock.sleep(backoff(attempt, first=0.5, cap=15.0))
