"""A gateway that answers with megabytes, drips, or never ends: a text takes its time and no more."""

import asyncio
import gc
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from runtime.clock import SystemClock, pause
from sandbox.sms.description import description
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.sms.channel import SmsChannel
from services.notifier.channels.sms.opening import open_by_gateway
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Result, Unknown
from services.notifier.wording.markup import literal
from tests.attacks.heartbeat import Heartbeat
from tests.integration.notifier.sms_bench import KEYS, written

READ = 0.5
LONGEST_CALL = 2 * READ + 1 + 1.0
MOST_MEMORY = 4 * 1024 * 1024
LONGEST_HOLD = 0.25
BOMB = zlib.compress(b" " * 50_000_000, 9)
HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
Way = Callable[[asyncio.StreamWriter, asyncio.Event], Awaitable[None]]


async def is_silent(_: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Take the call and say nothing."""
    await closed.wait()


async def drips(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Send one byte of the answer after the other."""
    writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while not closed.is_set():
        writer.write(b" ")
        await writer.drain()
        await pause(closed, 0.05)


async def floods(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Send as much as goes."""
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not closed.is_set():
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def inflates(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Send a little that would unpack to very much."""
    writer.write(HEAD + b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)
    await writer.drain()
    await closed.wait()


async def goes_on_with_its_head(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Send one line of the head after the other."""
    writer.write(HEAD)
    while not closed.is_set():
        writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


async def is_deep(writer: asyncio.StreamWriter, closed: asyncio.Event) -> None:
    """Answer with JSON that is nested without end."""
    body = b"[" * 60_000
    writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    await closed.wait()


@asynccontextmanager
async def gateway(way: Way) -> AsyncIterator[str]:
    """Serve a gateway that answers in one way."""
    closed = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await way(writer, closed)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        closed.set()
        server.close()


async def send(channel: SmsChannel) -> Result:
    return await channel.send("+380671234567", Message(literal("Hello")), uuid4())


@pytest.mark.parametrize("way", [is_silent, drips, floods, inflates, goes_on_with_its_head, is_deep])
async def test_a_bad_gateway_costs_its_time_and_no_more(way: Way, tmp_path: Path) -> None:
    """Each call ends in time, little is kept of what comes, nobody is held up, and nothing is believed."""
    gc.collect()  # before the heart beats: what tests before left takes its time
    async with (
        gateway(way) as base,
        open_by_gateway(
            written(tmp_path, description(base)),
            KEYS,
            public_url="http://127.0.0.1",
            sender="Agency",
            clock=SystemClock(),
            timeouts=Timeouts(connect=READ, read=READ),
        ) as opened,
        Heartbeat() as heart,
    ):
        tracemalloc.start()
        started = time.monotonic()
        results = await asyncio.gather(*(send(opened.channel) for _ in range(5)))
        took, (_, peak) = time.monotonic() - started, tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert {Unknown} == {type(result) for result in results}
    assert took < LONGEST_CALL
    assert peak < MOST_MEMORY
    assert heart.longest < LONGEST_HOLD
