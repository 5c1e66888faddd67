"""Heads of requests: without end, too slow, ambiguous, or asking for another protocol."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from runtime.process.http_protocol import HEAD_BYTES, HEADERS, PIPELINED
from runtime.process.peer_waits import SECONDS, For
from tests.attacks.wire import HEAD, HOST, Listener, asked, listening, wire
from tests.faults.looking import memory
from tests.waiting import until

MEGABYTE = b"x" * 1024 * 1024
GET = b"GET /taken HTTP/1.1\r\nHost: us\r\n\r\n"


class Taker:
    """Reads the whole body and says how long it was; notes the paths that were asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.paths.append(scope["path"])
        body = await Request(scope, receive).body()
        await PlainTextResponse(str(len(body)))(scope, receive, send)


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
async def listener(taker: Taker) -> AsyncIterator[Listener]:
    async with listening(taker) as found:
        yield found


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + MEGABYTE,
        b"GET / HTTP/1.1\r\nHost: us\r\nX: " + MEGABYTE,
        b"GET / HTTP/1.1\r\nHost: us\r\n" + b"X: y\r\n" * 100_000,
        b"GET / HTTP/1.1\r\nHost: us\r\n" + MEGABYTE + b": y\r\n",
    ],
    ids=["a path", "a value", "fields", "a name"],
)
async def test_a_head_ends_at_its_bound(listener: Listener, endless: bytes) -> None:
    """A head without end is answered 431 and costs no more memory than the bound; nothing is kept of it."""
    before = memory(os.getpid())
    statuses = await asyncio.gather(*(asked(listener.port, endless, *[MEGABYTE] * 16) for _ in range(4)))

    assert [431] * 4 == statuses
    assert memory(os.getpid()) - before < 16
    assert 200 == await asked(listener.port, GET)


async def test_refused_heads_leave_nothing(listener: Listener) -> None:
    """A hundred heads of short lines, one after the other, cost no more memory than one."""
    lines = b"GET / HTTP/1.1\r\nHost: us\r\n" + b"X: y\r\n" * (HEAD_BYTES // 6)
    before = memory(os.getpid())
    statuses = [await asked(listener.port, lines) for _ in range(100)]

    assert [431] * 100 == statuses
    assert memory(os.getpid()) - before < 16


async def test_a_head_within_the_bounds_is_read(listener: Listener) -> None:
    """Nearly as long, or with as many fields, as may be: it is answered as any other."""
    long = b"GET / HTTP/1.1\r\nHost: us\r\nX: " + b"x" * (HEAD_BYTES - 100) + b"\r\n\r\n"
    many = b"GET / HTTP/1.1\r\nHost: us\r\n" + b"X: y\r\n" * (HEADERS - 1) + b"\r\n"
    more = b"GET / HTTP/1.1\r\nHost: us\r\n" + b"X: y\r\n" * HEADERS + b"\r\n"

    assert [200, 200, 431] == [await asked(listener.port, one) for one in (long, many, more)]


async def test_a_head_that_does_not_come_ends_the_connection(listener: Listener) -> None:
    """Whoever says nothing is dropped, whoever does not end the head is told why; an answer is not cut."""
    async with wire(listener.port) as silent, wire(listener.port) as slow, wire(listener.port) as fit:
        await slow.send(b"GET / HTTP/1.1\r\nHo")
        await fit.send(GET)
        answer = await fit.status()
        await until_read(listener, 3)
        listener.look(SECONDS[For.HEAD])
        told = await slow.status()

        assert (200, 408) == (answer, told)
        assert await silent.ended()


async def until_read(listener: Listener, count: int) -> None:
    """Wait until so many connections are open and what was sent over them has been read."""

    async def there() -> bool:
        return len(listener.connections) == count

    await until(there)
    await asked(listener.port, GET)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: us\r\n\r\n", 200),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 400),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nxy", 400),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\nx", 400),
        (b"CONNECT us:443 HTTP/1.1\r\nHost: us\r\n\r\n", 400),
        (b"GET http://us HTTP/1.1\r\nHost: us\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: us\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
async def test_a_head_has_one_meaning(listener: Listener, head: bytes, status: int) -> None:
    """What two readers could understand differently is refused, and so is what is no HTTP/1."""
    assert status == await asked(listener.port, head)


UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
)


async def test_another_protocol_is_not_spoken(listener: Listener, taker: Taker) -> None:
    """A request to upgrade is answered as a plain one, and what comes after it is not read as a request."""
    async with wire(listener.port) as one:
        await one.send(b"POST /first HTTP/1.1\r\nHost: us\r\n" + UPGRADE + b"Content-Length: 40\r\n\r\n")
        answer = await one.status()
        await one.send(b"GET /smuggled HTTP/1.1\r\nHost: us\r\n\r\n")

        assert 200 == answer
        assert await one.ended()
    assert ["/first"] == taker.paths


async def test_requests_ahead_of_their_answers_are_bounded() -> None:
    """A flood of requests over one connection ends it; so many as may be are answered in order."""
    go_on, taker = asyncio.Event(), Taker()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        await taker(scope, receive, send)

    async with listening(slow) as listener, wire(listener.port) as flood, wire(listener.port) as fit:
        await fit.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: us\r\n\r\n" % n for n in range(PIPELINED)))
        await flood.send(b"GET /flood HTTP/1.1\r\nHost: us\r\n\r\n" * 10_000)

        assert await flood.ended()
        go_on.set()
        assert [200] * PIPELINED == [await fit.status() for _ in range(PIPELINED)]
    # The one that was in work when the connection ended may have gone on.
    assert taker.paths.count("/flood") <= 1


async def test_a_full_listener_drops_who_waits_for_nothing(taker: Taker) -> None:
    """Connections that say nothing give way to those that come, and those in work are kept."""
    async with listening(taker, connections=8) as small:
        idle = [await asyncio.open_connection(HOST, small.port) for _ in range(30)]
        async with wire(small.port) as working:
            await working.send(HEAD + b"Content-Length: 2\r\n\r\n")
            later = [await asyncio.open_connection(HOST, small.port) for _ in range(30)]
            statuses = [await asked(small.port, GET) for _ in range(20)]
            open_now = len(small.connections)
            await working.send(b"xy")

            assert 200 == await working.status()
        for _, writer in (*idle, *later):
            writer.close()
    assert [200] * 20 == statuses
    assert open_now <= 8


async def test_a_full_listener_drops_bodies_that_stand_still(taker: Taker) -> None:
    """Where all connections have begun a request, who is slowest gives way, and whole requests are kept."""
    go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/kept":
            await go_on.wait()
        await taker(scope, receive, send)

    async with listening(app, connections=8) as small, wire(small.port) as kept:
        await kept.send(b"GET /kept HTTP/1.1\r\nHost: us\r\n\r\n")
        stuck = [await asyncio.open_connection(HOST, small.port) for _ in range(30)]
        for _, writer in stuck:
            writer.write(HEAD + b"Content-Length: 2\r\n\r\n")
        statuses = [await asked(small.port, GET) for _ in range(20)]
        go_on.set()

        assert 200 == await kept.status()
        for _, writer in stuck:
            writer.close()
    assert [200] * 20 == statuses
