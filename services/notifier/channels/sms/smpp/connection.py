"""A connection over which units go: never more of them in hand, or more bytes, than there is room for."""

import asyncio
from collections.abc import Callable
from typing import cast

from services.notifier.channels.sms.smpp.pdus import Frames, MalformedError, Pdu

_MOST_AT_ONCE = 100
_PIECE = 8
_LAST_SECONDS = 2.0


class Connection(asyncio.Protocol):
    """One connection: `receive` is called with each unit that comes, `lost` once, with why it is over.

    What `receive` raises as MalformedError ends it.
    """

    def __init__(self, receive: Callable[[Pdu], None], lost: Callable[[str], None]) -> None:
        self._receive = receive
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._choked = False
        self._unsent: list[bytes] = []

    @property
    def open(self) -> bool:
        """Tell whether anything can be written."""
        return self._transport is not None

    def write(self, unit: bytes) -> None:
        """Write a unit, to nobody where the connection is over.

        What is written in one turn of the event loop goes out in few pieces, which costs the least.
        """
        if self._transport is None:
            return
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(unit)
        if len(self._unsent) >= _PIECE:
            self._send()

    def abort(self) -> None:
        """End at once, whatever is still to be written: the other side may not read it for ever."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def close(self) -> None:
        """End once what was written is on its way, or after a while."""
        self._send()
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
            self._loop.call_later(_LAST_SECONDS, transport.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the event loop calls this and what follows."""
        self._transport = cast(asyncio.Transport, transport)  # of a connection it is one

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._transport = None
        self._lost("the connection was closed" if exc is None else "the connection broke")

    def pause_writing(self) -> None:
        """Stop reading while the other side does not: what it asks would be answered without end."""
        self._choked = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._choked = False
        self._read_on()

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        self._frames.feed(data)
        self._read()

    def _send(self) -> None:
        units, self._unsent = self._unsent, []
        if self._transport is not None and units:
            self._transport.write(b"".join(units))

    def _read(self) -> None:
        if self._transport is None:
            return
        try:
            units = self._frames.take(_MOST_AT_ONCE)
            for unit in units:
                if self._transport is not None:
                    self._receive(unit)
        except MalformedError as error:
            self.abort()
            self._lost(str(error))
            return
        if len(units) == _MOST_AT_ONCE and self._transport is not None:
            # Others have their turn first.
            self._transport.pause_reading()
            self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._transport is not None and not self._choked:
            self._transport.resume_reading()
            self._read()
