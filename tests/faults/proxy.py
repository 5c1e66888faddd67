"""A TCP proxy whose line can be cut, go silent or become slow, to stand between any two parts.

A trap cuts a line at an exact point of the protocol: just before some bytes are passed on, or just after, so
that they arrive and their answer is lost.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit

from runtime.clock import SystemClock

CHUNK = 65536
ARRIVES_SECONDS = 0.2
Address = tuple[str, int]


@dataclass
class Trap:
    """Cuts a connection the next `times` times that these bytes are about to be passed to the target."""

    marker: bytes
    arrives: bool
    times: int = 1
    sprung: int = 0

    def springs(self, data: bytes) -> bool:
        """Tell whether this chunk is to be the connection's last."""
        if self.sprung >= self.times or self.marker not in data:
            return False
        self.sprung += 1
        return True


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
        self._trap = Trap(b"", arrives=False, times=0)
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.address: Address = ("127.0.0.1", 0)

    def through(self, url: str) -> str:
        """Return an address that leads to the same place by way of this proxy."""
        parts = urlsplit(url)
        login, at, _ = parts.netloc.rpartition("@")
        host, port = self.address
        return parts._replace(netloc=f"{login}{at}{host}:{port}").geturl()

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

    def trap(self, marker: bytes, *, arrives: bool, times: int = 1) -> Trap:
        """Set a trap in the place of any other; `arrives` loses the answer, otherwise the bytes are lost."""
        self._trap = Trap(marker, arrives, times)
        return self._trap

    def cut(self) -> None:
        """Reset every open connection; new ones are taken."""
        for writer in tuple(self._open):
            writer.transport.abort()

    def lead(self, *targets: Address) -> None:
        """Lead new connections to other targets from now on; what is open stays."""
        self._targets = cycle(targets)

    def turn(self, *targets: Address) -> None:
        """Lead to other targets from now on, and cut what is open."""
        self.lead(*targets)
        self.cut()

    def heal(self) -> None:
        """Make the line whole."""
        self._refusing = False
        self._delay = 0.0
        self._passing.set()

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection's bytes both ways until either side ends it."""
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def end(self) -> None:
        """Return when no connection is left."""
        self.heal()
        while self._serving:
            self.cut()
            await asyncio.wait(tuple(self._serving), timeout=ARRIVES_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            host, port = next(self._targets)
            onward = await asyncio.open_connection(host, port)
        except (OSError, StopIteration):
            writer.transport.abort()
            return
        both = {writer, onward[1]}
        self._open |= both
        deaf = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._ask(reader, onward[1], deaf))
                ways.create_task(self._answer(onward[0], writer, deaf))
        except* OSError:
            pass
        finally:
            self._open -= both
            for one in both:
                one.transport.abort()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event
    ) -> None:
        while data := await reader.read(CHUNK):
            await self._hold_up()
            sprung = self._trap.springs(data)
            if sprung:
                deaf.set()
            if not sprung or self._trap.arrives:
                writer.write(data)
                await writer.drain()
            if sprung:
                await SystemClock().sleep(ARRIVES_SECONDS)
                raise ConnectionAbortedError
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event
    ) -> None:
        while data := await reader.read(CHUNK):
            await self._hold_up()
            if not deaf.is_set():
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _hold_up(self) -> None:
        if self._delay:
            await SystemClock().sleep(self._delay)
        await self._passing.wait()


def address_of(url: str) -> Address:
    """Return the host and the port that an address names."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


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
        server.close()
        await proxy.end()


@asynccontextmanager
async def lines_to(url: str) -> AsyncIterator[tuple[str, list[Proxy]]]:
    """Stand before each host that an address names; yield the address that leads there, and the proxies."""
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    async with AsyncExitStack() as stack:
        found = [
            await stack.enter_async_context(proxied(address_of(f"//{host}"))) for host in hosts.split(",")
        ]
        through = ",".join(f"{host}:{port}" for host, port in (one.address for one in found))
        yield parts._replace(netloc=f"{login}{at}{through}").geturl(), found
