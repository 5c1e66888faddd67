"""The tracker's composition root: the only place that makes pools, connections and loops."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette

from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from contracts.streams import DEAD, DELIVERIES, NOTICES, OUTCOMES, STAGES, TRACKER_DELIVERIES, TRACKER_STAGES
from runtime.clock import SystemClock
from runtime.http import operations
from runtime.jetstream import Publisher, consume, settle
from runtime.outbox import Outbox
from runtime.process import Build, Service, StartError, Stop, run
from runtime.settings import SettingsError, key_bytes, load_settings
from runtime.start import assert_streams, database, fitness, messaging
from runtime.telemetry import Platform, watch_platform
from services.tracker.claims import Claims
from services.tracker.consumer import ReportConsumer, StageConsumer
from services.tracker.intake import Intake
from services.tracker.ledger import Ledger
from services.tracker.limits import Typing
from services.tracker.metrics import Metrics
from services.tracker.questions import Questions
from services.tracker.rpc import serve
from services.tracker.settings import TrackerSettings
from services.tracker.usecases import Following
from services.tracker.watch import watch

NAME = "tracker"


def build(settings: TrackerSettings) -> Build:
    """Return what makes the tracker out of its settings."""

    def make(stop: Stop) -> AbstractAsyncContextManager[Service]:
        return _service(settings, stop)

    return make


@asynccontextmanager
async def _service(settings: TrackerSettings, stop: Stop) -> AsyncIterator[Service]:
    clock, metrics = SystemClock(), Metrics()
    catalogue = _catalogue(settings)
    receipt_key = key_bytes("RECEIPT_KEY", settings.receipt_key)
    address = settings.database_url.get_secret_value()
    async with (
        database(address, NAME, "services.tracker", size=settings.database_pool) as pool,
        messaging(settings.nats_url.get_secret_value(), NAME, stop) as (broker, client),
    ):
        streams = (STAGES, NOTICES, DELIVERIES, OUTCOMES, DEAD)
        await assert_streams(client, streams, (TRACKER_STAGES, TRACKER_DELIVERIES))
        outbox = Outbox(pool, Publisher(client), clock)
        intake = Intake(pool, outbox, clock)
        stages = StageConsumer(client, intake, catalogue, clock, metrics)
        reports = ReportConsumer(client, Ledger(pool, outbox, clock), metrics)
        typing = Typing(
            pool, clock, each=settings.typed_codes_each, all_together=settings.typed_codes_together
        )
        claims = Claims(pool, clock, settings.claim_redemptions)
        following = Following(pool, outbox, clock, receipt_key, typing)
        serve(broker, claims, following, Questions(pool, clock), metrics)
        await broker.start()
        await settle(client)
        taken_in = asyncio.Event()
        platform = Platform(metrics.registry, NAME)
        consumers = (TRACKER_STAGES, TRACKER_DELIVERIES)

        async def look() -> None:
            await watch_platform(platform, client, pool, streams, consumers, clock=clock, stop=stop)

        async def take_in() -> None:
            size = settings.tracker_batch
            try:
                await asyncio.gather(
                    consume(client, TRACKER_STAGES, stages.handle, stop=stop, clock=clock, size=size),
                    consume(client, TRACKER_DELIVERIES, reports.handle, stop=stop, clock=clock, size=size),
                )
            finally:
                taken_in.set()

        routes = operations(fitness(client, pool), metrics.registry)
        loops = (take_in, lambda: outbox.run(taken_in), lambda: watch(pool, metrics, stop), look)
        yield Service(Starlette(routes=routes), loops)


def _catalogue(settings: TrackerSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None


def main() -> int:
    """Run the tracker; return the exit status."""
    try:
        settings = load_settings(TrackerSettings)
        key_bytes("RECEIPT_KEY", settings.receipt_key)
    except SettingsError as error:
        sys.stderr.write(f"docwatch tracker: {error}\n")
        return 2
    return run(
        NAME,
        build(settings),
        host=settings.host,
        port=settings.tracker_port,
        setting="DOCWATCH_TRACKER_PORT",
        log_level=settings.log_level,
        grace=settings.stop_grace,
    )
