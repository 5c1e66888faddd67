"""Bodies that do not come, and answers that nobody reads."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from runtime.process.http_protocol import BoundedProtocol
from runtime.process.peer_waits import (
    LEAST_RATE,
    SECONDS,
    For,
    Waiting,
)
from tests.attacks.wire import HEAD, Listener, Wire, asked, listening, wire
from tests.waiting import until

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = b"x" * 32 * 1024 * 1024


class Reading:
    """Reads bodies and notes how each ended; says when it has begun."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ends: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.begun.set()
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            self.ends.append("gone")
            return
        self.ends.append("whole")
        await PlainTextResponse(str(len(body)))(scope, receive, send)


async def ends(app: Reading, expected: list[str]) -> None:
    """Wait until the application has seen these ends."""

    async def seen() -> bool:
        return app.ends == expected

    await until(seen)


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """Its request is answered 408 and over, for the application as well."""
    app = Reading()
    async with listening(app) as listener, wire(listener.port) as one:
        await one.send(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        await app.begun.wait()
        listener.look(SECONDS[For.BODY])

        assert 408 == await one.status()
        assert await one.ended()
        await ends(app, ["gone"])


async def test_an_answer_before_the_body_ends_the_connection() -> None:
    """Who is refused cannot go on sending: what comes is thrown away, and the answer can be read."""

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("no", 401)(scope, receive, send)

    async with listening(refusing) as listener, wire(listener.port) as one:
        await one.send(HEAD + b"Content-Length: 1000000000000\r\n\r\n")
        for _ in range(64):
            await one.send(b"x" * 65536)

        assert 401 == await one.status()
        assert await one.ended()
        listener.look(SECONDS[For.END])
        await gone(listener)


async def gone(listener: Listener) -> None:
    """Wait until nobody is connected."""

    async def nobody() -> bool:
        return not listener.connections

    await until(nobody)


async def test_whoever_waits_to_be_asked_for_the_body_is_asked_or_refused() -> None:
    """`Expect: 100-continue` is answered when the body is wanted; a body that then fails to come is 408."""
    app = Reading()
    async with listening(app) as listener, wire(listener.port) as one:
        await one.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        first = await one.status()
        listener.look(SECONDS[For.BODY])

        assert (100, 408) == (first, await one.status())


@pytest.mark.parametrize(
    "endless",
    [
        b"5;" + b"x" * 200_000,
        b"2\r\nxy\r\n0\r\n" + b"X: y\r\n" * 50_000,
        b"2\r\nxy\r\n0\r\nX: " + b"y" * 200_000,
    ],
    ids=["an extension", "trailers", "a trailer"],
)
async def test_what_stands_beside_a_body_is_bounded(endless: bytes) -> None:
    """Extensions of chunks and trailers end where a head would."""
    app = Reading()
    async with listening(app) as listener:
        status = await asked(listener.port, CHUNKED, endless)

        assert status in (400, 431)
        assert 200 == await asked(listener.port, CHUNKED + b"2;fit=1\r\nxy\r\n0\r\nX-Sum: y\r\n\r\n")


async def test_trailers_do_not_become_headers() -> None:
    """What comes after the body cannot add to what the head said."""
    seen: list[list[bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        seen.append([name for name, _ in scope["headers"]])
        await PlainTextResponse("ok")(scope, receive, send)

    async with listening(app) as listener, wire(listener.port) as one:
        await one.send(CHUNKED + b"2\r\nxy\r\n")
        await one.send(b"0\r\nAuthorization: Bearer x\r\n\r\n")

        assert 200 == await one.status()
    assert [[b"host", b"transfer-encoding"]] == seen


async def read_nothing(listener: Listener, one: Wire) -> BoundedProtocol:
    """Have a large answer made for a peer that reads nothing; return its connection, stuck."""
    one.writer.transport.pause_reading()  # type: ignore[attr-defined] # a read transport as well
    await one.send(b"GET / HTTP/1.1\r\nHost: us\r\n\r\n")

    async def stuck() -> BoundedProtocol | None:
        found = [it for it in listener.connections if it.transport.unsent]
        return found[0] if found else None

    found = await until(stuck)
    assert found is not None
    return found


async def test_an_answer_that_nobody_reads_is_thrown_away() -> None:
    """The connection is dropped, also where it was to be closed after the answer, and with it the bytes."""

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(LARGE, headers={"Connection": "close"})(scope, receive, send)

    async with listening(large) as listener, wire(listener.port) as one:
        await read_nothing(listener, one)
        listener.look(SECONDS[For.ANSWER])

        await gone(listener)


async def test_a_stream_is_made_no_faster_than_it_is_read() -> None:
    """What is written for a peer that does not read stays within the bound of one connection."""
    written = 0

    async def streaming(_: Scope, __: Receive, send: Send) -> None:
        nonlocal written
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in range(10_000):
            await send({"type": "http.response.body", "body": b"x" * 16384, "more_body": True})
            written = part * 16384

    async with listening(streaming) as listener, wire(listener.port) as one:
        connection = await read_nothing(listener, one)

        async def full() -> bool:
            return connection.flow.write_paused

        await until(full)

        assert connection.transport.unsent <= 256 * 1024
        listener.look(SECONDS[For.ANSWER])
        await gone(listener)
    assert written < 10_000 * 16384


def test_patience_is_earned_by_progress() -> None:
    """Who moves at the least rate is waited for without end, who is slower is not, nor who stands still."""
    steady, slow, still = Waiting(), Waiting(), Waiting()
    looks = 10 * SECONDS[For.BODY]
    judged = [
        (
            steady.lasts(For.BODY, 1, look * LEAST_RATE),
            slow.lasts(For.BODY, 1, look * LEAST_RATE // 2),
            still.lasts(For.BODY, 1, 7),
        )
        for look in range(looks)
    ]

    assert [False] * looks == [one[0] for one in judged]
    assert [2 * SECONDS[For.BODY], SECONDS[For.BODY] + 1] == [
        [one[who] for one in judged].index(True) for who in (1, 2)
    ]


def test_a_fast_beginning_earns_no_long_silence() -> None:
    """Patience has an upper bound, however much came at once."""
    waiting = Waiting()
    waiting.lasts(For.BODY, 1, 0)
    waiting.lasts(For.BODY, 1, 1000 * LEAST_RATE)

    silent = [waiting.lasts(For.BODY, 1, 1000 * LEAST_RATE) for _ in range(SECONDS[For.BODY] + 1)]

    assert True in silent
