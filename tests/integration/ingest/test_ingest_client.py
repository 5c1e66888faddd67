"""The publisher's side: the identical request again until its fate is known, and no longer than that."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cli.publish.batches import publish_rows
from cli.publish.ingest_client import IngestClient, Published, RefusedError, UndeliveredError
from cli.publish.rows import Row

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
ACCEPTED = {"accepted": 1, "duplicates": 0, "warnings": [], "rejected": []}


class JumpingClock:
    """A clock that does not wait: sleeping moves it."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the real moment."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds slept."""
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        """Note it."""
        self.slept.append(seconds)


@asynccontextmanager
async def talking_to(answer: Answer, clock: JumpingClock) -> AsyncIterator[IngestClient]:
    """A client whose ingest answers events as the test says, and names the publisher of the key."""

    async def who(_: web.Request) -> web.Response:
        return web.json_response({"publisher": "passports"})

    app = web.Application()
    app.router.add_get("/v1/key", who)
    app.router.add_post("/v1/events", answer)
    async with (
        TestServer(app) as server,
        IngestClient(str(server.make_url("/")), "dw_x", patience=60, clock=clock) as client,
    ):
        yield client


async def test_an_unanswered_batch_is_sent_again_unchanged() -> None:
    """A 503, a broken connection and an answer that is none lead to the same bytes again."""
    bodies: list[bytes] = []
    clock = JumpingClock()

    async def answer(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.read())
        match len(bodies):
            case 1:
                return web.Response(status=503, headers={"Retry-After": "7"})
            case 2:
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case 3:
                return web.Response(text="{cut of")
            case _:
                return web.json_response(ACCEPTED, status=202)

    async with talking_to(answer, clock) as client:
        found = await client.publish([{"id": "№ 1"}])

    assert Published(1, 0, [], []) == found
    assert [bodies[0]] * 4 == bodies
    assert clock.slept[0] >= 7


async def test_a_refused_request_is_not_repeated() -> None:
    """A status that says no is final, and says why."""
    clock = JumpingClock()

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"detail": "this key lacks the scope"}, status=403)

    async with talking_to(answer, clock) as client:
        with pytest.raises(RefusedError, match="403 this key lacks the scope"):
            await client.publish([])

    assert [] == clock.slept


async def test_patience_ends() -> None:
    """A request whose fate stays unknown is given up after a while, and said to be unknown."""
    clock = JumpingClock()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=503)

    async with talking_to(answer, clock) as client:
        with pytest.raises(UndeliveredError, match="503"):
            await client.publish([])

    assert 30 < sum(clock.slept) <= 60


async def test_after_an_undelivered_batch_nothing_more_is_sent() -> None:
    """The file's order is kept: the report names the line from which on nothing is known."""
    seen: list[list[dict[str, object]]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(await request.json())
        if len(seen) > 1:
            return web.Response(status=503)
        return web.json_response({**ACCEPTED, "accepted": 2}, status=202)

    rows = [Row(line, {"event_id": f"e-{line}"}) for line in range(1, 7)]
    async with talking_to(answer, JumpingClock()) as client:
        report = await publish_rows(rows, client, batch=2)

    assert (2, False) == (report.accepted, report.complete)
    assert report.undelivered is not None
    assert (3, "e-3") == (report.undelivered.line, report.undelivered.event_id)
    assert {"e-1", "e-2", "e-3", "e-4"} == {one["id"] for batch in seen for one in batch}
    assert {"passports"} == {one["source"] for batch in seen for one in batch}
