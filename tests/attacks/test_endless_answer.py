"""A receiver of callbacks that answers well and then never comes to an end, in every way it can."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from runtime.clock import SystemClock, pause
from services.ingest.callbacks.post import open_poster
from services.ingest.domain.callbacks import AttemptResult, Delivered, Failed, FailureReason

WAIT, PACE = 3.0, 0.05
BODY = '{"data": "' + "x" * 30_000 + '"}'
HEAD = b"HTTP/1.1 200 OK\r\n"
Way = Callable[[asyncio.StreamWriter, asyncio.Event], Coroutine[Any, Any, None]]
"""Answers until the event says that the other side has closed."""


async def says_nothing_more(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Announce a body and keep it."""
    writer.write(HEAD + b"Content-Length: 10\r\n\r\n")
    await closed.wait()


async def drips(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Send one byte after the other, for ever."""
    writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while not closed.is_set():
        writer.write(b"x")
        await writer.drain()
        await pause(closed, PACE)


async def floods(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Send as much as goes, in chunks that have no end."""
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not closed.is_set():
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def never_ends_its_head(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Send one line of the head after the other."""
    writer.write(HEAD)
    while not closed.is_set():
        writer.write(b"X-More: x\r\n")
        await writer.drain()
        await pause(closed, PACE)


async def is_never_ready(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Say for ever that an answer will come."""
    while not closed.is_set():
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await pause(closed, PACE)


@asynccontextmanager
async def receiver(way: Way) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Serve on loopback without reading a request; tell when the other side has closed a connection."""
    closed, tasks = asyncio.Event(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        answering = asyncio.create_task(way(writer, closed))
        tasks.add(answering)
        with suppress(ConnectionError):
            while await reader.read(65_536):
                pass
        closed.set()
        with suppress(ConnectionError):
            await answering
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", closed
        closed.set()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("way", "expected", "seconds"),
    [
        (says_nothing_more, Delivered(200), 1.5),
        (drips, Delivered(200), 1.5),
        (floods, Delivered(200), 1.5),
        (never_ends_its_head, Failed(FailureReason.TIME_OUT), WAIT + 1),
        (is_never_ready, Failed(FailureReason.TIME_OUT), WAIT + 1),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
async def test_an_answer_without_end_holds_nothing(way: Way, expected: AttemptResult, seconds: float) -> None:
    """The head alone decides, within the time for it; the rest costs a moment, and the connection ends."""
    async with receiver(way) as (url, closed), open_poster(SystemClock(), private=True, wait=WAIT) as poster:
        begun = time.monotonic()
        end = await poster.post(url, BODY, {})
        took = time.monotonic() - begun
        async with asyncio.timeout(WAIT):
            await closed.wait()

    assert expected == end
    assert took < seconds
