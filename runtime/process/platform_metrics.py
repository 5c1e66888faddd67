"""What every service tells of itself and of what it stands on: its build, NATS, the database, its streams.

A name, a help text and label values from closed sets: streams and consumers of the contracts, fixed words.
"""

import asyncio
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.client import JetStreamContext
from prometheus_client import CollectorRegistry, Gauge

from runtime.clock import Clock, pause
from runtime.database.postgres import TRANSIENT, Pool
from runtime.messaging.provision import ConsumerSpec, StreamSpec

EVERY_SECONDS = 5.0


class Platform:
    """Gauges of the ground a service stands on, on the service's own registry."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        build = Gauge(
            "docwatch_build_info",
            "1, with the service and its version",
            ["service", "version"],
            registry=registry,
        )
        build.labels(service, _version()).set(1)
        self.up = Gauge(
            "docwatch_dependency_up",
            "1 while the service reaches what it stands on: nats, database",
            ["dependency"],
            registry=registry,
        )
        self.seconds = Gauge(
            "docwatch_dependency_seconds",
            "how long the last small question to it took",
            ["dependency"],
            registry=registry,
        )
        self.messages = Gauge(
            "docwatch_stream_messages", "messages in a stream", ["stream"], registry=registry
        )
        self.bytes = Gauge("docwatch_stream_bytes", "bytes in a stream", ["stream"], registry=registry)
        self.limit = Gauge(
            "docwatch_stream_limit_bytes",
            "bytes at which a stream refuses more",
            ["stream"],
            registry=registry,
        )
        self.lag = Gauge(
            "docwatch_consumer_lag_messages",
            "messages of a stream that a consumer has not acknowledged",
            ["stream", "consumer"],
            registry=registry,
        )
        self.oldest = Gauge(
            "docwatch_consumer_oldest_seconds",
            "age of the oldest message that a consumer has not acknowledged; 0 where there is none",
            ["stream", "consumer"],
            registry=registry,
        )


def _version() -> str:
    try:
        return version("docwatch")
    except PackageNotFoundError:
        return "unknown"


async def watch_platform(
    platform: Platform,
    client: Client,
    pool: Pool,
    streams: Sequence[StreamSpec],
    consumers: Sequence[ConsumerSpec],
    *,
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    """Look every few seconds until told to stop; what does not answer is down, and nothing else happens."""
    while not stop.is_set():
        await _look_at_database(platform, pool, clock)
        await _look_at_nats(platform, client, streams, consumers, clock)
        await pause(stop, EVERY_SECONDS)


async def _look_at_database(platform: Platform, pool: Pool, clock: Clock) -> None:
    started = clock.monotonic()
    try:
        await pool.fetchval("SELECT 1", timeout=3)
    except TRANSIENT:
        platform.up.labels("database").set(0)
    else:
        platform.up.labels("database").set(1)
        platform.seconds.labels("database").set(clock.monotonic() - started)


async def _look_at_nats(
    platform: Platform,
    client: Client,
    streams: Sequence[StreamSpec],
    consumers: Sequence[ConsumerSpec],
    clock: Clock,
) -> None:
    started = clock.monotonic()
    js = client.jetstream(timeout=3)
    try:
        for stream in streams:
            info = await js.stream_info(stream.name)
            platform.messages.labels(stream.name).set(info.state.messages)
            platform.bytes.labels(stream.name).set(info.state.bytes)
            platform.limit.labels(stream.name).set(info.config.max_bytes or 0)
        took = clock.monotonic() - started
        for consumer in consumers:
            lag, age = await _behind(js, consumer, clock)
            platform.lag.labels(consumer.stream, consumer.durable).set(lag)
            platform.oldest.labels(consumer.stream, consumer.durable).set(age)
    except (TimeoutError, nats.errors.Error, nats.js.errors.Error):
        platform.up.labels("nats").set(0)
    else:
        platform.up.labels("nats").set(1)
        platform.seconds.labels("nats").set(took / max(1, len(streams)))


async def _behind(js: JetStreamContext, consumer: ConsumerSpec, clock: Clock) -> tuple[int, float]:
    """Return how many messages a consumer has not acknowledged, and the age of the oldest in seconds."""
    info = await js.consumer_info(consumer.stream, consumer.durable)
    lag = (info.num_pending or 0) + (info.num_ack_pending or 0)
    if not lag or info.ack_floor is None:
        return lag, 0.0
    try:
        oldest = await js.get_msg(consumer.stream, info.ack_floor.stream_seq + 1)
    except nats.js.errors.NotFoundError:
        return lag, 0.0
    age = (clock.now() - oldest.time).total_seconds() if oldest.time else 0.0
    return lag, max(0.0, age)
