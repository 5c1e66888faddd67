"""One event followed through all services, and what a trace may say."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from nats.aio.client import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.streams import EVENTS_SUBJECT
from runtime import otlp
from runtime.tracing import OFF, Span, joined, parent, tracing
from tests.conftest import Databases
from tests.integration.runtime.whole import NUMBER, PUBLISHER, Whole, cloud_event, whole
from tests.waiting import until

TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER = "1bf8762027de54ee9559fc322d91430d"
WAY = {
    ("ingest", "publish events", None),
    ("tracker", "take event in", "publish events"),
    ("ingest", "copy outcome", "take event in"),
    ("notifier", "take notice in", "take event in"),
    ("notifier", "call the messenger", "take notice in"),
    ("tracker", "take end in", "take notice in"),
    ("ingest", "copy outcome", "take end in"),
}
"""The steps of an event that somebody is told of: service, step, the step that it follows from."""


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[InMemorySpanExporter]:
    """What each service's tracer is given in place of a collector."""
    found: list[InMemorySpanExporter] = []

    def exporter(_: str) -> InMemorySpanExporter:
        found.append(InMemorySpanExporter())
        return found[-1]

    monkeypatch.setattr(otlp, "exporter", exporter)
    return found


async def test_an_event_is_followed_across_three_services(
    nats_url: str, nats_client: Client, databases: Databases, exported: list[InMemorySpanExporter]
) -> None:
    """From its publisher's own span, over HTTP or NATS, to the messenger's answer and what is told of it."""
    async with whole(nats_url, nats_client, databases, otlp="http://collector") as running:
        chat = await running.follower()
        await running.post("e-1", "accepted", {"traceparent": caller(TRACE)})
        await until(lambda: copied(running, "e-1"), within=60)
        body = json.dumps(cloud_event("e-2", "printing")).encode()
        headers = {"traceparent": caller(OTHER)}
        await nats_client.request(f"{EVENTS_SUBJECT}.{PUBLISHER}", body, timeout=10, headers=headers)
        await until(lambda: copied(running, "e-2"), within=60)
    spans = [span for one in exported for span in one.get_finished_spans()]

    assert sorted(WAY, key=str) == causes(one for one in spans if _trace(one) == TRACE)
    assert sorted(WAY, key=str) == causes(one for one in spans if _trace(one) == OTHER)
    results = {(one.attributes or {}).get("docwatch.result") for one in spans}
    assert {None, "accepted"} == results
    said = " ".join(str(value) for one in spans for value in (one.attributes or {}).values())
    assert not any(secret in said for secret in (NUMBER, NUMBER[3:], str(chat), "Olena"))


async def test_an_answer_is_followed_from_the_question(
    nats_url: str, nats_client: Client, databases: Databases, exported: list[InMemorySpanExporter]
) -> None:
    """What a citizen asks, what the tracker says to that and the call that answers are one trace."""
    async with whole(nats_url, nats_client, databases, otlp="http://collector") as running:
        chat = await running.follower()
        await running.telegram.say(chat, "/status")
        await until(lambda: running.told(chat, NUMBER[-2:]), within=60)
    spans = [span for one in exported for span in one.get_finished_spans()]
    (asked,) = [one for one in spans if (one.attributes or {}).get("docwatch.call") == "status"]
    trace = [one for one in spans if _trace(one) == _trace(asked)]

    assert [
        ("notifier", "answer a citizen", None),
        ("notifier", "call the messenger", "answer a citizen"),
        ("tracker", "answer a call", "answer a citizen"),
    ] == causes(trace)


async def test_spans_reach_a_collector() -> None:
    """Spans that ended are sent by OTLP over HTTP when the process ends, at the latest."""
    async with collector() as (url, received):
        async with tracing(url, "tracker") as traces:
            span = traces.start("take event in", "consumer", caller(TRACE), event="e-1")
            span.end(batch=1)
        request = await asyncio.wait_for(received.get(), 10)

    (resource,) = ExportTraceServiceRequest.FromString(request).resource_spans
    (sent,) = resource.scope_spans[0].spans
    assert ("take event in", TRACE) == (sent.name, sent.trace_id.hex())
    assert span.header == f"00-{TRACE}-{sent.span_id.hex()}-01"


async def test_without_a_collector_nothing_is_traced() -> None:
    """Off, a step is one shared object and adds no header."""
    async with tracing(None, "tracker") as traces:
        span = traces.start("take event in", "consumer", caller(TRACE), event="e-1")

    assert traces is OFF
    assert Span() == span
    assert {} == joined(span.header)
    assert parent(None) is None


def caller(trace: str) -> str:
    """Return the header of a caller's own span."""
    return f"00-{trace}-b7ad6b7169203331-01"


def causes(spans: Iterable[ReadableSpan]) -> list[tuple[str, str, str | None]]:
    """Return each step's service and name, and the name of the step among them that it follows from."""
    known = {one.context.span_id: one for one in spans}
    found: list[tuple[str, str, str | None]] = []
    for one in known.values():
        above = None if one.parent is None else known.get(one.parent.span_id)
        service = str(one.resource.attributes["service.name"]).removeprefix("docwatch-")
        found.append((service, one.name, None if above is None else above.name))
    return sorted(found, key=str)


async def copied(running: Whole, event_id: str) -> bool:
    """Tell whether the publisher can read what an event did and whom it reached."""
    answer = (await running.back_office.get("/v1/outcomes")).raise_for_status().json()
    told = [one["event_id"] for one in answer["outcomes"]].count(event_id)
    return told == len(("effect", "reach"))


def _trace(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}"


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[str, asyncio.Queue[bytes]]]:
    """Run a collector that keeps what it is sent."""
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        await received.put(await request.read())
        return web.Response()

    application = web.Application()
    application.router.add_post("/v1/traces", take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server = site._server
    assert isinstance(server, asyncio.Server)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", received
    finally:
        await runner.cleanup()
