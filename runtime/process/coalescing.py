"""HTTP answers that go out by one system call each: uvicorn writes head and body apart, uvloop each at once.

To write to a socket that somebody waits for costs as much as a third of all that is done for a small request.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HELD = 64 * 1024


class JoiningTransport:
    """A transport as an HTTP protocol uses it: what is given during a turn of the loop goes out at its end.

    Much at once goes out earlier, so that the transport's own limits hold whoever writes without waiting.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.set_protocol = transport.set_protocol
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send data after all that was given before."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        self._size += len(data)
        if self._size >= MOST_HELD:
            self._flush()

    def close(self) -> None:
        """Close after all that was given is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._size = 0
            self._transport.write(data)


class JoiningProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol on such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take the connection."""
        super().connection_made(cast("asyncio.Transport", JoiningTransport(transport, self.loop)))
