"""One publisher's connections with bodies that do not come, against ingest as a process."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from nats.aio.client import Client

from runtime.database.postgres import Pool
from runtime.process.lifecycle import CONNECTIONS
from services.ingest.keys.api_keys import Scope, create_key
from services.ingest.web.places import MOST_IN_WORK
from tests.attacks.wire import Wire, asked, wire
from tests.conftest import Databases
from tests.faults.looking import alive
from tests.integration.ingest.conftest import PUBLISHER, Bench, bench, event, pool
from tests.integration.ingest.test_process import Running, settings, started

__all__ = ["bench", "pool", "settings"]

BATCH = "application/cloudevents-batch+json"


def head(key: str, content_type: str, length: str) -> bytes:
    """Return the head of a post of events; `length` is the line that says how the body ends."""
    return (
        "POST /v1/events HTTP/1.1\r\nHost: ingest\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: {content_type}\r\n{length}\r\n\r\n"
    ).encode()


def single(key: str, number: int) -> bytes:
    """Return a whole post of one event."""
    body = json.dumps(event(f"e-{number}")).encode()
    return head(key, "application/cloudevents+json", f"Content-Length: {len(body)}") + body


@pytest.fixture
async def ingest(
    settings: dict[str, str], tmp_path: Path, bench: Bench, nats_client: Client
) -> AsyncIterator[Running]:
    """A process that serves the publisher of the bench."""
    assert nats_client.is_connected
    async with started(settings, tmp_path) as found:
        assert bench.key
        yield found


async def opened(stack: AsyncExitStack, port: int, count: int, request: bytes) -> list[Wire]:
    """Open so many connections that begin the same request and do not go on."""
    found = [await stack.enter_async_context(wire(port)) for _ in range(count)]
    for one in found:
        await one.send(request)
    return found


async def test_bodies_that_do_not_come_refuse_nobody_else(
    ingest: Running, bench: Bench, databases: Databases, pool: Pool
) -> None:
    """More of them than there are connections, over one key: every other publisher is served at once."""
    assert databases.admin
    _, other = await create_key(pool, PUBLISHER, list(Scope))
    async with AsyncExitStack() as stack:
        half = head(bench.key, "application/cloudevents+json", "Content-Length: 500") + b"{"
        await opened(stack, ingest.port, CONNECTIONS + 100, half)
        statuses = [await asked(ingest.port, single(other, number)) for number in range(20)]

    assert [202] * 20 == statuses


async def test_as_many_bodies_as_a_key_may_send_leave_places_to_itself(ingest: Running, bench: Bench) -> None:
    """Bodies that do not come take no place in work: what the same key sends whole is taken."""
    async with AsyncExitStack() as stack:
        half = head(bench.key, "application/cloudevents+json", "Content-Length: 500") + b"{"
        await opened(stack, ingest.port, MOST_IN_WORK // 2 - 10, half)
        statuses = [await asked(ingest.port, single(bench.key, number)) for number in range(20)]

    assert [202] * 20 == statuses


async def test_an_unknown_key_is_not_asked_for_its_body(ingest: Running) -> None:
    """It is answered 401 and the connection ends, whatever it says will come, on every route."""
    length = "Content-Length: 1000000000000"
    events = head("dw_nobody", BATCH, length)
    async with wire(ingest.port) as one, wire(ingest.port) as two:
        await one.send(events + b"[")
        await two.send(events.replace(b"/v1/events", b"/v1/receipts") + b"[")

        assert [401, 401] == [await one.status(), await two.status()]
        assert await one.ended()
        assert await two.ended()


async def test_a_flood_of_connections_leaves_operators_their_own(ingest: Running, bench: Bench) -> None:
    """Health is answered at once while more connections than there may be say nothing."""
    async with AsyncExitStack() as stack:
        await opened(stack, ingest.port, 1000, b"GET / HTTP/1.1\r\n")
        seconds = await alive(ingest.ops)
        status = await asked(ingest.port, single(bench.key, 1))

    assert 202 == status
    assert seconds < 1
