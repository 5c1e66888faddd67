"""What every service tells of the ground it stands on, seen against a real NATS and PostgreSQL."""

import asyncio
from datetime import datetime, timedelta

from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from contracts.streams import CONSUMERS, STREAMS
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from runtime.process.platform_metrics import Platform, watch_platform
from tests.conftest import Databases


class Later(SystemClock):
    """A clock that is two minutes ahead, so that what is new looks old."""

    def now(self) -> datetime:
        """Return the wrong time."""
        return super().now() + timedelta(minutes=2)


async def _looked(client: Client, databases: Databases) -> CollectorRegistry:
    registry, stop = CollectorRegistry(), asyncio.Event()
    async with open_pool(databases.url("tracker"), "tracker", size=2) as pool:
        platform = Platform(registry, "tracker")
        work = watch_platform(platform, client, pool, STREAMS, CONSUMERS, clock=Later(), stop=stop)
        task = asyncio.create_task(work)
        async with asyncio.timeout(10):
            while registry.get_sample_value("docwatch_dependency_up", {"dependency": "nats"}) is None:
                await SystemClock().sleep(0.01)
        stop.set()
        await task
    return registry


async def test_an_unprocessed_message_has_its_age(nats_client: Client, databases: Databases) -> None:
    """Lag and age come from the stream itself, whether a consumer runs or not."""
    await nats_client.jetstream().publish("docwatch.stage.v1", b"{}")

    registry = await _looked(nats_client, databases)

    labels = {"stream": "STAGES", "consumer": "tracker"}
    assert 1 == registry.get_sample_value("docwatch_consumer_lag_messages", labels)
    assert 119 <= (registry.get_sample_value("docwatch_consumer_oldest_seconds", labels) or 0) < 130
    assert 1 == registry.get_sample_value("docwatch_stream_messages", {"stream": "STAGES"})


async def test_nothing_to_do_is_nothing_old(nats_client: Client, databases: Databases) -> None:
    """Empty streams have no lag and no age, and what answers is up."""
    registry = await _looked(nats_client, databases)

    labels = {"stream": "STAGES", "consumer": "tracker"}
    assert 0 == registry.get_sample_value("docwatch_consumer_oldest_seconds", labels)
    assert 1 == registry.get_sample_value("docwatch_dependency_up", {"dependency": "nats"})
    assert 1 == registry.get_sample_value("docwatch_dependency_up", {"dependency": "database"})


async def test_a_lost_connection_is_down(nats_client: Client, databases: Databases) -> None:
    """A closed connection is told as down and raises nothing."""
    await nats_client.close()

    registry = await _looked(nats_client, databases)

    assert 0 == registry.get_sample_value("docwatch_dependency_up", {"dependency": "nats"})
