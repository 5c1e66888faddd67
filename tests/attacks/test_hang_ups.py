"""Who hangs up is worked for no longer, wherever the rest of the request is."""

import asyncio
import gzip
import json

from nats.aio.client import Client
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from runtime.process.hang_ups import hung_up
from tests.attacks.door import event, opened
from tests.attacks.wire import HEAD, Listener, listening, wire
from tests.conftest import Databases
from tests.integration.ingest.conftest import OPS
from tests.waiting import until

MUCH, LITTLE = 100 * 1024, 10 * 1024
TAKEN, SENT = 1000, 6000
IDLE_WITHIN = 10.0


async def idle(listener: Listener) -> None:
    """Wait until no request is in work; much shorter than the work would take."""

    async def over() -> bool:
        return not listener.server.server_state.tasks

    await until(over, within=IDLE_WITHIN)


async def test_a_peer_is_known_to_be_gone_before_its_body_is_read() -> None:
    """A look at a connection that is not read from finds its end behind what waits in the system."""
    begun, known = asyncio.Event(), asyncio.Event()

    async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        begun.set()
        await hung_up(scope).wait()
        known.set()

    async with listening(deaf) as listener:
        async with wire(listener.port) as one:
            await one.send(HEAD + b"Content-Length: 1000000\r\n\r\n")
            await begun.wait()
            await one.send(b"x" * MUCH)
            await until(lambda: paused(listener))
            await one.send(b"x" * LITTLE)
        async with asyncio.timeout(IDLE_WITHIN):
            await known.wait()


async def paused(listener: Listener) -> bool:
    """Tell whether the one connection is not read from any more."""
    return listener.connections[0].flow.read_paused


async def test_the_first_of_several_requests_learns_of_the_end() -> None:
    """Whoever waits for the end of a connection is told it, also with another request behind."""
    begun, ends = asyncio.Event(), list[str]()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        begun.set()
        ends.append((await receive())["type"])
        await PlainTextResponse("nobody reads it")(scope, receive, send)

    async with listening(waiting) as listener:
        async with wire(listener.port) as one:
            await one.send((HEAD + b"Content-Length: 2\r\n\r\n{}") * 2)
            await begun.wait()
        await idle(listener)

    assert ["http.disconnect"] == ends


async def test_lines_are_not_taken_in_for_nobody(
    nats_url: str, databases: Databases, nats_client: Client
) -> None:
    """What its rate let in before a sender hung up is in and counted; the rest, all here, is dropped."""
    body = gzip.compress("\n".join(json.dumps(event(f"e-{one}")) for one in range(SENT)).encode())
    js = nats_client.jetstream()

    async def taken() -> bool:
        return (await js.stream_info("STAGES")).state.messages == TAKEN

    async with (
        opened(nats_url, databases, nats_client, rate=TAKEN / 10) as door,
        listening(door.app) as listener,
    ):
        head = (
            "POST /v1/events HTTP/1.1\r\nHost: us\r\nContent-Type: application/x-ndjson\r\n"
            f"Authorization: {door.http.headers['Authorization']}\r\n"
            f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        async with wire(listener.port) as one:
            await one.send(head.encode() + body)
            await until(taken)
        await idle(listener)
        metrics = (await door.http.get(f"{OPS}/metrics")).text

    assert await taken()
    assert f'docwatch_ingest_events_total{{result="accepted"}} {TAKEN}.0' in metrics
