"""A TCP proxy whose line can be cut, go silent or become slow, to stand between any two parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle

from runtime.clock import SystemClock

CHUNK = 65536
Address = tuple[str, int]


class Proxy:
    """Passes bytes from its own port to the targets, one after the other; the line is whole at first.

    `silent()` keeps connections open and passes nothing, as when a cable is pulled; `cut()` resets what is
    open; `refuse()` takes no new connections; `slow(seconds)` delays every chunk.
    """

    def __init__(self, targets: Sequence[Address]) -> None:
        self._targets = cycle(targets)
        self._passing = asyncio.Event()
        self._passing.set()
        self._refusing = False
        self._delay = 0.0
        self._open: set[asyncio.StreamWriter] = set()
        self.address: Address = ("127.0.0.1", 0)

    def silent(self) -> None:
        """Pass nothing until `heal`; neither side is told."""
        self._passing.clear()

    def slow(self, seconds: float) -> None:
        """Delay every chunk by so much until `heal`."""
        self._delay = seconds

    def refuse(self) -> None:
        """Cut what is open and every new connection until `heal`."""
        self._refusing = True
        self.cut()

    def cut(self) -> None:
        """Reset every open connection; new ones are taken."""
        for writer in tuple(self._open):
            writer.transport.abort()

    def heal(self) -> None:
        """Make the line whole."""
        self._refusing = False
        self._delay = 0.0
        self._passing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection's bytes both ways until either side ends it."""
        if self._refusing:
            writer.transport.abort()
            return
        host, port = next(self._targets)
        try:
            onward = await asyncio.open_connection(host, port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, onward[1]}
        self._open |= both
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, onward[1]))
                ways.create_task(self._pass(onward[0], writer))
        except* OSError:
            pass
        finally:
            self._open -= both
            for one in both:
                one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = SystemClock()
        while data := await reader.read(CHUNK):
            if self._delay:
                await clock.sleep(self._delay)
            await self._passing.wait()
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


@asynccontextmanager
async def proxied(*targets: Address) -> AsyncIterator[Proxy]:
    """Stand before the targets for the length of the block, on a port of its own."""
    proxy = Proxy(targets)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    host, port, *_ = server.sockets[0].getsockname()
    proxy.address = (host, port)
    try:
        yield proxy
    finally:
        proxy.heal()
        proxy.cut()
        server.close()
