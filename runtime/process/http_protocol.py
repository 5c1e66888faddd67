"""HTTP/1.1 as all our listeners speak it: uvicorn's protocol with bounds on whatever a peer can make us hold.

The parser has none of its own, and keeps a header until its line ends. What lasts is judged by looks, one a
second over all connections, so that a request pays for no timer.
"""

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast

import httptools
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import Server, ServerState

from runtime.process.coalescing import CoalescingTransport
from runtime.process.hang_ups import ended, extension
from runtime.process.peer_waits import For, Waiting

HEAD_BYTES = 64 * 1024
"""The most of a request line with its headers, of trailers, or of what stands beside one chunk of a body."""
HEADERS = 128
PIPELINED = 16
_PIECE = 16 * 1024
_TOO_MANY = f"at most {HEADERS} header fields"
_TEXT = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"


class RefusedError(Exception):
    """A request that is not let in; the message is the answer's text."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class BoundedProtocol(HttpToolsProtocol):
    """One connection; `limit_concurrency` of the configuration is how many there may be."""

    transport: CoalescingTransport  # type: ignore[assignment] # of the same use to uvicorn

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self.access_log = False  # a path can be a secret, whatever loggers are set to
        self._waiting = Waiting()
        self._gone = asyncio.Event()
        self._extensions = extension(self._gone)
        self._running: RequestResponseCycle | None = None
        self._deaf = False
        self._in_body = False
        self._keep_alive = True
        self._requests = 0
        self._body = 0
        self._beside = 0
        """Bytes since the last sign of progress that belong to no body; a piece's length may be missing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take the connection, at the cost of the least worthy one where there are too many."""
        if self._most is not None and len(self.connections) >= self._most:
            self._make_room()
        joining = CoalescingTransport(transport, self.loop, self._stop_listening)
        super().connection_made(cast("asyncio.Transport", joining))
        if self._most is not None and len(self.connections) > self._most:
            self.drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, and have the request in work know."""
        self._in_body = False
        self._gone.set()
        if self._running is not None and not self._running.response_complete:
            # The last one that came is told anyway; with requests ahead of their answers it is another.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came, unless nothing more is wanted from this peer."""
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        if len(data) <= _PIECE:
            self._read(data)
            return
        for start in range(0, len(data), _PIECE):
            if not self._deaf:
                self._read(data[start : start + _PIECE])

    def _read(self, data: bytes) -> None:
        self._beside += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Answered as if nothing else had been asked for; what follows may be of any protocol.
            self.cycle.keep_alive = False
            self._deaf = True
        except httptools.HttpParserError as error:
            known = error.__context__
            if isinstance(known, RefusedError):
                self._refuse(known.status, str(known))
            else:
                self._refuse(HTTPStatus.BAD_REQUEST, "this is no HTTP request")
        else:
            if len(self.headers) > HEADERS:
                # An open head of short lines is many times as large in memory as on the wire.
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_MANY)
            elif self._beside > HEAD_BYTES:
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    f"at most {HEAD_BYTES} bytes of request line and headers",
                )

    def on_headers_complete(self) -> None:
        """Judge the head, then have the request answered."""
        if len(self.headers) > HEADERS:
            raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_MANY)
        if [name for name, _ in self.headers].count(b"host") != 1:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "exactly one Host is needed")
        if len(self.pipeline) >= PIPELINED:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"at most {PIPELINED} requests ahead of their answers")
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()
        self.headers = []  # trailers end there, not among the headers that the application has
        self._beside = 0
        self._in_body = True
        self._requests += 1
        # Who answers before the body is there does not read the rest: the connection ends with the answer.
        self._keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body += len(body)
        self._beside -= len(body)
        super().on_body(body)

    def on_chunk_header(self) -> None:
        """Begin to count anew: each chunk may have its extensions."""
        self._beside = 0

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        self._in_body = False
        self._beside = 0
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._keep_alive
        super().on_message_complete()

    def shutdown(self) -> None:
        """Begin to end, after the answer that is being made."""
        self._keep_alive = False
        super().shutdown()

    def look(self) -> None:
        """Drop the connection of a peer that is gone or too slow; to be called once a second."""
        if self.flow.read_paused and ended(self.transport.get_extra_info("socket").fileno()):
            self.drop()
            return
        what, progress = self._awaited()
        if not self._waiting.lasts(what, self._requests, progress):
            return
        if what is For.BODY or (what is For.HEAD and self._beside > 0):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the rest of the {what} came too slowly")
        else:
            self.drop()

    def drop(self) -> None:
        """End the connection now."""
        self._deaf = True
        self.connections.discard(self)
        self.transport.abort()

    def _awaited(self) -> tuple[For, int]:
        """Return what the peer has to do next, and a number that grows while it does."""
        if self.transport.unsent:
            return For.ANSWER, self.transport.sent
        if self.transport.is_closing():
            return For.END, 0
        if self._in_body:
            return (For.NOTHING, 0) if self.flow.read_paused else (For.BODY, self._body)
        if self._answering or self.timeout_keep_alive_task is not None:
            return For.NOTHING, 0
        return For.HEAD, 0

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Answer what is being read, if that is what the peer takes the next answer for, and end."""
        # A connection is a circle of references, and lives on until such are looked for.
        self.headers.clear()
        if self.pipeline or (self._answering and (self.cycle.response_started or not self._in_body)):
            self.drop()
            return
        if self._answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._gone.set()
        text = f"{why}\n".encode()
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: {len(text)}\r\n"
        self.transport.write(head.encode() + _TEXT + b"\r\n" + text)
        self._in_body = True
        self.transport.close()

    def _stop_listening(self) -> bool:
        """Read no more; tell whether there is something to read."""
        self._deaf = True
        if self._in_body:
            self.flow.resume_reading()
        return self._in_body

    def _make_room(self) -> None:
        """Drop the connection that has kept us waiting longest; whoever waits for us is kept."""
        others = cast("Iterable[BoundedProtocol]", self.connections)
        waiting = [other for other in others if other.worth is not None]
        if waiting:
            min(waiting, key=lambda other: other.worth or (False, 0.0)).drop()

    @property
    def worth(self) -> tuple[bool, float] | None:
        """Sorts connections by whether a request has begun, then by patience; None: one is in work."""
        begun = self._answering and not self.transport.is_closing()
        return None if begun and not self._in_body else (begun, self._waiting.left)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override] # as starlette has it
        self._running = cycle
        super()._start_asgi_task(cycle, app)  # type: ignore[arg-type] # the same

    @property
    def _answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete


class BoundedServer(Server):
    """Serves an application by this protocol, to at most so many connections, and looks at them."""

    def __init__(self, app: ASGIApp, connections: int) -> None:
        super().__init__(
            Config(
                app,
                http=BoundedProtocol,
                ws="none",
                limit_concurrency=connections,
                log_config=None,
                lifespan="off",
                proxy_headers=False,  # nobody asks where a caller is
                timeout_graceful_shutdown=3,
            )
        )

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the process, which stops its parts in order."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Do what uvicorn does ten times a second, and look once a second."""
        if counter % 10 == 0:
            for connection in tuple(cast("Iterable[BoundedProtocol]", self.server_state.connections)):
                connection.look()
        return await super().on_tick(counter)
