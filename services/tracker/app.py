"""The tracker's composition root: the only place that makes pools, connections and loops."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial

from nats.aio.client import Client

from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from contracts.streams import (
    CALLS,
    DEAD,
    DELIVERIES,
    NOTICES,
    OUTCOMES,
    STAGES,
    TRACKER_CALLS,
    TRACKER_DELIVERIES,
    TRACKER_LETTERS,
    TRACKER_STAGES,
)
from runtime.clock import SystemClock
from runtime.database.lease import Lease, holder_name
from runtime.database.outbox import Outbox
from runtime.errors import CANNOT_START, SettingsError, StartError
from runtime.messaging.connection_state import ConnectionState
from runtime.messaging.jetstream import settle
from runtime.messaging.pull import consume
from runtime.messaging.stream_writer import StreamWriter
from runtime.process.lifecycle import Build, Place, Service, Stop, run
from runtime.process.operations import operations
from runtime.process.platform_metrics import Platform, watch_platform
from runtime.process.start import (
    assert_streams,
    database,
    fitness,
    messaging,
)
from runtime.settings import key_bytes, load_settings
from runtime.tracing import tracing
from services.tracker.domain.brake import Limits
from services.tracker.domain.working_days import rules_of
from services.tracker.following.claims import Claims
from services.tracker.following.joining import Joining
from services.tracker.following.overdue import ROLE as OVERDUE
from services.tracker.following.overdue import OverdueNotices
from services.tracker.following.readiness import Readiness
from services.tracker.following.recipient_queries import RecipientQueries
from services.tracker.following.retention import ROLE as RETENTION
from services.tracker.following.retention import Retention, terms_of
from services.tracker.following.sharing import ShareLimits, Sharing
from services.tracker.following.subscriptions import Subscriptions
from services.tracker.following.typed_code_limits import TypedCodeLimits
from services.tracker.intake.consumer import StageConsumer
from services.tracker.intake.events import Intake
from services.tracker.ledger.call_consumer import CallConsumer
from services.tracker.ledger.calls import CallList, CallsMade
from services.tracker.ledger.consumer import ReportConsumer
from services.tracker.ledger.dead_notices import DeadNoticeConsumer
from services.tracker.ledger.ends import Ledger
from services.tracker.ledger.gauges import watch
from services.tracker.ledger.publisher_queries import PublisherQueries
from services.tracker.metrics import Metrics
from services.tracker.operators.silent_publishers import SilentPublishers
from services.tracker.rpc import Calls, serve
from services.tracker.settings import TrackerSettings
from worktime.calendar import COUNTRIES

NAME = "tracker"
LINGER = 0.1
"""Seconds in which reports of ends are gathered: no citizen waits for them."""


def build(
    settings: TrackerSettings, writer: Callable[[Client, ConnectionState], StreamWriter] = StreamWriter
) -> Build:
    """Return what makes the tracker out of its settings; `writer` is what it publishes by."""

    def make(stop: Stop) -> AbstractAsyncContextManager[Service]:
        return _service(settings, stop, writer)

    return make


@asynccontextmanager
async def _service(
    settings: TrackerSettings, stop: Stop, writer: Callable[[Client, ConnectionState], StreamWriter]
) -> AsyncIterator[Service]:
    clock, metrics = SystemClock(), Metrics()
    catalogue = _catalogue(settings)
    rules = rules_of(catalogue)
    receipt_key = key_bytes("RECEIPT_KEY", settings.receipt_key)
    address = settings.database_url.get_secret_value()
    async with (
        database(address, NAME, "services.tracker", size=settings.database_pool) as pool,
        messaging(settings, NAME, stop) as bus,
        tracing(settings.otlp_endpoint, NAME) as traces,
    ):
        streams = (STAGES, NOTICES, DELIVERIES, OUTCOMES, CALLS, DEAD)
        consumers = (TRACKER_STAGES, TRACKER_DELIVERIES, TRACKER_LETTERS, TRACKER_CALLS)
        await assert_streams(bus.client, streams, consumers)
        outbox = Outbox(pool, writer(bus.client, bus.state), clock)
        intake = Intake(pool, outbox, clock, _limits(settings), rules=rules)
        stages = StageConsumer(intake, catalogue, clock, metrics, tracing=traces)
        reports = ReportConsumer(Ledger(pool, outbox, clock), metrics, traces)
        letters = DeadNoticeConsumer(pool, clock)
        made = CallConsumer(CallsMade(pool, outbox, clock), metrics, traces)
        typing = TypedCodeLimits(
            pool, clock, each=settings.typed_codes_each, all_together=settings.typed_codes_together
        )
        claims = Claims(pool, clock, settings.claim_redemptions)
        limits = catalogue.agency.limits
        subscriptions = Subscriptions(
            pool, outbox, clock, receipt_key, typing=typing, limits=limits, rules=rules
        )
        sharing = Sharing(pool, clock, receipt_key, _share_limits(settings, catalogue))
        asked = RecipientQueries(pool, clock, rules), PublisherQueries(pool, clock)
        joining, to_call = Joining(pool, outbox, clock), CallList(pool, clock, catalogue)
        readiness = Readiness(pool, clock, catalogue)
        calls = Calls(claims, subscriptions, sharing, joining, *asked, to_call, readiness)
        serve(bus.broker, calls, metrics, traces)
        await bus.broker.start()
        await settle(bus.client)
        taken_in = asyncio.Event()
        platform = Platform(metrics.registry, NAME)
        holder = holder_name()

        async def look() -> None:
            await watch_platform(platform, bus.client, pool, streams, consumers, clock=clock, stop=stop)

        async def tell_of_delays() -> None:
            lease = Lease(pool, clock, OVERDUE, holder)
            await OverdueNotices(pool, outbox, clock, rules, metrics).run(lease, stop)

        async def purge() -> None:
            lease = Lease(pool, clock, RETENTION, holder)
            await Retention(pool, clock, terms_of(catalogue)).run(lease, stop)

        async def take_in() -> None:
            pulled = partial(consume, bus.client, stop=stop, clock=clock, size=settings.tracker_batch)
            try:
                await asyncio.gather(
                    pulled(TRACKER_STAGES, stages),
                    pulled(TRACKER_DELIVERIES, reports, linger=LINGER),
                    pulled(TRACKER_LETTERS, letters),
                    pulled(TRACKER_CALLS, made, linger=LINGER),
                )
            finally:
                taken_in.set()

        ops = operations(fitness(bus, pool), metrics.registry, settings.ops_host)
        loops = (
            take_in,
            lambda: outbox.run(taken_in),
            lambda: watch(pool, metrics, clock, stop),
            look,
            lambda: SilentPublishers(pool, clock, rules.workdays, metrics).run(stop),
            tell_of_delays,
            purge,
        )
        yield Service({}, ops, loops)


def _share_limits(settings: TrackerSettings, catalogue: Catalogue) -> ShareLimits:
    return ShareLimits(
        open=settings.shares_open,
        life=timedelta(days=settings.share_days),
        followers=catalogue.agency.limits.followers_per_document,
    )


def _limits(settings: TrackerSettings) -> Limits:
    return Limits(
        settings.brake_events,
        settings.brake_stage_events,
        settings.brake_factor,
        settings.brake_share,
        settings.brake_days,
    )


def _catalogue(settings: TrackerSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue, countries=COUNTRIES)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None


def main() -> int:
    """Run the tracker; return the exit status."""
    try:
        settings = load_settings(TrackerSettings)
        key_bytes("RECEIPT_KEY", settings.receipt_key)
    except SettingsError as error:
        sys.stderr.write(f"docwatch tracker: {error}\n")
        return CANNOT_START
    return run(
        NAME,
        build(settings),
        public={},
        ops=Place(settings.ops_host, settings.tracker_ops_port, "DOCWATCH_TRACKER_OPS_PORT"),
        log_level=settings.log_level,
        grace=settings.stop_grace,
    )
