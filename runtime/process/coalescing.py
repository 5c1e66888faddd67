"""HTTP answers that go out by one system call each: uvicorn writes head and body apart, uvloop each at once.

To write to a socket that somebody waits for costs as much as a third of all that is done for a small request.
"""

import asyncio
from collections.abc import Callable

MOST_HELD = 64 * 1024


class CoalescingTransport:
    """A transport as an HTTP protocol uses it: what is given during a turn of the loop goes out at its end.

    Much at once goes out earlier, so that the transport's own limits hold whoever writes without waiting.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        unread: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the transport; `unread` tells at a close whether the peer may still be sending."""
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.set_protocol = transport.set_protocol
        self._transport = transport
        self._loop = loop
        self._unread = unread
        self._held: list[bytes] = []
        self._size = 0
        self._given = 0
        self._ending = False

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._transport.get_write_buffer_size() + self._size

    @property
    def sent(self) -> int:
        """Bytes that the peer has taken."""
        return self._given - self._transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Send data after all that was given before."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        self._size += len(data)
        if self._size >= MOST_HELD:
            self._flush()

    def is_closing(self) -> bool:
        """Tell whether nothing more can be sent."""
        return self._ending or self._transport.is_closing()

    def close(self) -> None:
        """Close after all that was given is sent; towards a peer that still sends, only our half.

        To close both halves then would be a reset, which can take the answer from the peer unread.
        """
        if self.is_closing():
            return
        self._flush()
        self._ending = True
        if self._unread() and self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def abort(self) -> None:
        """Close both halves now, whatever was given."""
        self._ending = True
        self._held.clear()
        self._size = 0
        self._transport.abort()

    def _flush(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._given += self._size
            self._size = 0
            self._transport.write(data)
