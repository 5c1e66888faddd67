"""The sandbox's listener: aiohttp's protocol, with the bounds of the services' on what a peer may take.

Heads that do not come are ended by aiohttp itself, as idle connections are.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from runtime.process.peer_waits import SECONDS, For, Waiting

HEAD_BYTES = 64 * 1024
CONNECTIONS = 512
_PIECE = 16 * 1024
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(RequestHandler):
    """One connection; `look` is to be called once a second."""

    __slots__ = ("_beside", "_left", "_looked_at", "_received", "_taken")

    def __init__(self, manager: web.Server, **options: Any) -> None:  # noqa: ANN401  # aiohttp's own
        super().__init__(manager, **options)
        self._looked_at = Waiting()
        self._beside = self._received = self._left = self._taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        if self._manager is not None and len(self._manager.connections) > CONNECTIONS:
            cast("asyncio.Transport", transport).abort()

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that is too large is refused."""
        self._received += len(data)
        for start in range(0, len(data) or 1, _PIECE):
            piece, before = data[start : start + _PIECE], self._request_count
            super().data_received(piece)
            if before != self._request_count or self._in_body:
                self._beside = 0
                continue
            self._beside += len(piece)
            if self._beside > HEAD_BYTES and self.transport is not None:
                self.transport.write(_TOO_LARGE)
                self.force_close()
                return

    def look(self) -> None:
        """Drop the connection where the peer is too slow with a body or with reading an answer."""
        transport = self.transport
        if transport is None:
            return
        unsent = transport.get_write_buffer_size()
        self._taken += max(0, self._left - unsent)
        self._left = unsent
        what, progress = For.NOTHING, 0
        if unsent:
            what, progress = For.ANSWER, self._taken
        elif self._in_body and not self._reading_paused:
            what, progress = For.BODY, self._received
        if self._looked_at.lasts(what, self._request_count, progress):
            transport.abort()

    @property
    def _in_body(self) -> bool:
        request = self._current_request
        return request is not None and not request.content.is_eof()


@asynccontextmanager
async def served(app: web.Application, host: str, port: int, stop_within: float) -> AsyncIterator[int]:
    """Serve an application for the length of the block; hand out the port. OSError where it is taken."""
    # No access log: its lines would hold the bot's token.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=stop_within)
    await runner.setup()
    server, loop = cast("web.Server", runner.server), asyncio.get_running_loop()

    def accepted() -> Connection:
        return Connection(
            server, loop=loop, access_log=None, keepalive_timeout=float(SECONDS[For.BODY]), max_headers=64
        )

    async def look() -> None:
        while True:
            await asyncio.sleep(1)
            for one in server.connections:
                cast("Connection", one).look()

    looking = asyncio.create_task(look())
    try:
        listening = await loop.create_server(accepted, host, port, backlog=128)
        try:
            yield listening.sockets[0].getsockname()[1]
        finally:
            listening.close()
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        await runner.cleanup()
