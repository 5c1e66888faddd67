"""Raw connections to a listener of ours, as an attacker has them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.types import ASGIApp

from runtime.process.http_protocol import BoundedProtocol, BoundedServer
from runtime.process.lifecycle import Place

HOST = "127.0.0.1"
HEAD = b"POST /taken HTTP/1.1\r\nHost: us\r\n"
ANSWERED = 10.0


@dataclass
class Wire:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send; a peer that has hung up is no error."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def status(self) -> int | None:
        """Return the status of the next answer, read with its body; None where the connection ends."""
        try:
            async with asyncio.timeout(ANSWERED):
                head = await self.reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await self.reader.readexactly(int(length or b"0"))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return int(head.split(b" ")[1])

    async def ended(self) -> bool:
        """Tell whether the other side has ended, whatever it says before."""
        with suppress(ConnectionError):
            async with asyncio.timeout(ANSWERED):
                await self.reader.read()
        return True


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    """Open one connection for the length of the block."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def asked(port: int, *parts: bytes) -> int | None:
    """Send the parts over a connection of its own; return the status of the first answer."""
    async with wire(port) as one:
        for part in parts:
            await one.send(part)
        return await one.status()


@dataclass
class Listener:
    """A listener that serves; `look` passes so many seconds in which the peers do nothing."""

    port: int
    server: BoundedServer

    @property
    def connections(self) -> list[BoundedProtocol]:
        """Those that are open."""
        return [one for one in self.server.server_state.connections if isinstance(one, BoundedProtocol)]

    def look(self, seconds: int) -> None:
        """Have all connections looked at as often as they are in so many seconds."""
        for _ in range(seconds + 2):
            for one in self.connections:
                one.look()


@asynccontextmanager
async def listening(app: ASGIApp, connections: int = 100) -> AsyncIterator[Listener]:
    """Serve an application for the length of the block."""
    place: socket.socket = Place(HOST, 0, "PORT").bound()
    place.listen()
    server = BoundedServer(app, connections)
    task = asyncio.ensure_future(server.serve(sockets=[place]))
    try:
        yield Listener(place.getsockname()[1], server)
    finally:
        server.should_exit = True
        await task
