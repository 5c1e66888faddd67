"""One event followed through all services, and what a trace may say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from nats.aio.client import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runtime import otlp
from runtime.tracing import OFF, Span, joined, parent, tracing
from tests.conftest import Databases
from tests.integration.runtime.whole import NUMBER, whole
from tests.waiting import until

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[InMemorySpanExporter]:
    """What each service's tracer is given in place of a collector."""
    found: list[InMemorySpanExporter] = []

    def exporter(_: str) -> InMemorySpanExporter:
        found.append(InMemorySpanExporter())
        return found[-1]

    monkeypatch.setattr(otlp, "exporter", exporter)
    return found


async def test_one_event_is_followed_across_three_services(
    nats_url: str, nats_client: Client, databases: Databases, exported: list[InMemorySpanExporter]
) -> None:
    """From the caller's own span to the messenger's answer every step is the child of the one before."""
    async with whole(nats_url, nats_client, databases, otlp="http://collector") as running:
        chat = await running.follower()
        await running.post("e-1", "printing", {"traceparent": CALLER})
        await until(lambda: running.told(chat, NUMBER[-2:]), within=60)
    spans = [span for one in exported for span in one.get_finished_spans()]
    steps = sorted((one for one in spans if _trace(one) == TRACE), key=lambda one: one.start_time or 0)

    assert [
        ("docwatch-ingest", "publish events"),
        ("docwatch-tracker", "take event in"),
        ("docwatch-notifier", "take notice in"),
        ("docwatch-notifier", "call the messenger"),
    ] == [(one.resource.attributes["service.name"], one.name) for one in steps]
    assert [f"{one.context.span_id:016x}" for one in steps[:-1]] == [
        f"{one.parent.span_id:016x}" for one in steps[1:] if one.parent is not None
    ]
    assert "accepted" == (steps[-1].attributes or {})["docwatch.result"]
    said = " ".join(str(value) for one in spans for value in (one.attributes or {}).values())
    assert not any(secret in said for secret in (NUMBER, NUMBER[3:], str(chat), "Olena"))


async def test_spans_reach_a_collector() -> None:
    """Spans that ended are sent by OTLP over HTTP when the process ends, at the latest."""
    async with collector() as (url, received):
        async with tracing(url, "tracker") as traces:
            span = traces.start("take event in", "consumer", CALLER, event="e-1")
            span.end(batch=1)
        request = await asyncio.wait_for(received.get(), 10)

    (resource,) = ExportTraceServiceRequest.FromString(request).resource_spans
    (sent,) = resource.scope_spans[0].spans
    assert ("take event in", TRACE) == (sent.name, sent.trace_id.hex())
    assert span.header == f"00-{TRACE}-{sent.span_id.hex()}-01"


async def test_without_a_collector_nothing_is_traced() -> None:
    """Off, a step is one shared object and adds no header."""
    async with tracing(None, "tracker") as traces:
        span = traces.start("take event in", "consumer", CALLER, event="e-1")

    assert traces is OFF
    assert Span() == span
    assert {} == joined(span.header)
    assert parent(None) is None


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
