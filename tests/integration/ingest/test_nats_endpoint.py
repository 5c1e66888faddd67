"""The door for publishers that have NATS: how much it takes at once, and from whom."""

import asyncio
import json
from typing import cast

from nats.aio.client import Client

from contracts.streams import EVENTS_SUBJECT
from runtime.clock import SystemClock
from runtime.messaging.jetstream import settle
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.answers import Answer
from services.ingest.events.nats_endpoint import NatsEndpoint
from services.ingest.keys.rates import Rates
from services.ingest.metrics import Metrics
from tests.integration.ingest.conftest import PUBLISHER, event

SUBJECT = f"{EVENTS_SUBJECT}.{PUBLISHER}"


class Busy:
    """A use case that is at work until it is let go."""

    def __init__(self) -> None:
        self.runs = 0
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def run(self, *_: object) -> Answer:
        """Say that it began, and wait."""
        self.runs += 1
        self.begun.set()
        await self.let_go.wait()
        return Answer(1, 0, (), ())


async def test_too_much_at_once_is_refused_as_unknown(nats_client: Client) -> None:
    """With its places taken the door answers 503 at once, and ends only when what was begun is answered."""
    stop, busy, metrics = asyncio.Event(), Busy(), Metrics()
    door = NatsEndpoint(nats_client, cast("AcceptEvents", busy), Rates(100, SystemClock()), metrics, most=1)
    running = asyncio.create_task(door.run(stop))
    await settle(nats_client)
    body = json.dumps(event()).encode()

    await nats_client.publish(SUBJECT, body)
    first = asyncio.create_task(nats_client.request(SUBJECT, body, timeout=10))
    await asyncio.wait_for(busy.begun.wait(), 10)
    second = json.loads((await nats_client.request(SUBJECT, body, timeout=10)).data)
    stop.set()
    busy.let_go.set()
    taken = json.loads((await first).data)
    await asyncio.wait_for(running, 10)

    assert (503, 1, 1) == (second["status"], taken["accepted"], busy.runs)
    assert 1 == metrics.registry.get_sample_value("docwatch_ingest_refused_requests_total", {"why": "busy"})


async def test_a_rate_is_each_publisher_s_own(nats_client: Client) -> None:
    """Who used its rate up gets 429 with Retry-After; another publisher is served."""
    stop, busy = asyncio.Event(), Busy()
    busy.let_go.set()
    rates = Rates(0.1, SystemClock())
    running = asyncio.create_task(
        NatsEndpoint(nats_client, cast("AcceptEvents", busy), rates, Metrics()).run(stop)
    )
    await settle(nats_client)
    body = json.dumps(event()).encode()

    answers = [
        await nats_client.request(f"{EVENTS_SUBJECT}.{name}", body, timeout=10)
        for name in (PUBLISHER, PUBLISHER, "visas")
    ]
    stop.set()
    await asyncio.wait_for(running, 10)

    assert [None, 429, None] == [json.loads(one.data).get("status") for one in answers]
    assert "Retry-After" in (answers[1].headers or {})
