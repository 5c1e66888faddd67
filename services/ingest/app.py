"""Puts ingest together: settings, catalogue, database, NATS, use cases and the HTTP application."""

import argparse
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from contracts.catalogue import CatalogueError, load_catalogue
from contracts.streams import OUTCOMES, STAGES
from runtime.clock import SystemClock
from runtime.database.lease import Lease, holder_name
from runtime.errors import CANNOT_START, SettingsError, StartError
from runtime.messaging.stream_writer import StreamWriter
from runtime.process import lifecycle
from runtime.process.lifecycle import Build, Place, Service, Stop
from runtime.process.operations import operations
from runtime.process.platform_metrics import Platform, watch_platform
from runtime.process.start import CLOSE_SECONDS, assert_streams, database, fitness, messaging
from runtime.process.workers import as_worker, inherited, run_workers
from runtime.settings import key_bytes, load_settings
from runtime.tracing import tracing
from services.ingest.api.application import application, described
from services.ingest.appointments import routes as appointment_routes
from services.ingest.appointments.clients import RpcCalendar
from services.ingest.callbacks import delivery as calling
from services.ingest.callbacks.delivery import Callbacks
from services.ingest.callbacks.post import open_poster
from services.ingest.callbacks.store import CallbackStore
from services.ingest.domain.events import Rules
from services.ingest.domain.numbers import Numbering
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.nats_endpoint import NatsEndpoint
from services.ingest.feed import copier as copying
from services.ingest.feed import feed_routes, lookup_routes
from services.ingest.feed import purge as purging
from services.ingest.feed.copier import Copier
from services.ingest.feed.purge import Purge
from services.ingest.feed.store import FeedStore
from services.ingest.keys import key_routes
from services.ingest.keys.gate import Gate
from services.ingest.keys.rates import Rates
from services.ingest.metrics import Metrics
from services.ingest.receipts import issue_routes, print_routes
from services.ingest.receipts.issue import IssueReceipts, ReceiptRules
from services.ingest.receipts.store import ReceiptStore
from services.ingest.receipts.tracker_client import TrackerClient
from services.ingest.settings import IngestSettings
from services.ingest.web.places import Places

NAME = "ingest"


def build(settings: IngestSettings) -> Build:
    """Return what makes the service from its settings."""

    @asynccontextmanager
    async def built(stop: Stop) -> AsyncIterator[Service]:
        rules = _rules(settings)
        receipts = ReceiptRules(
            events=rules,
            receipt_key=key_bytes("RECEIPT_KEY", settings.receipt_key),
            public_url=settings.public_url,
        )
        clock, metrics = SystemClock(), Metrics()
        address = settings.database_url.get_secret_value()
        async with (
            database(address, NAME, "services.ingest", size=settings.database_pool) as pool,
            messaging(settings, NAME, stop) as bus,
            tracing(settings.otlp_endpoint, NAME) as traces,
            open_poster(clock, private=settings.callback_private) as poster,
        ):
            await assert_streams(bus.client, [STAGES, OUTCOMES], [])
            store, feed = ReceiptStore(pool), FeedStore(pool)
            stream = StreamWriter(bus.client, bus.state, wait=settings.publish_wait)
            # Each worker gives out its part, so that a key never gets more than was promised.
            rate = settings.key_rate / settings.ingest_workers
            tracker, places = TrackerClient(bus.client), Places()
            gate = Gate(pool, clock, metrics, Rates(rate, clock), places)
            issue = IssueReceipts(receipts, store, tracker, clock, metrics)
            accept = AcceptEvents(rules, stream, clock, metrics, traces)
            app, framework = application(
                gate=gate,
                accept=accept,
                routers=(
                    issue_routes.router(gate, issue),
                    print_routes.router(gate, issue, receipts),
                    feed_routes.router(gate, feed),
                    lookup_routes.router(gate, tracker),
                    appointment_routes.router(gate, RpcCalendar(bus.client), rules.zone),
                    key_routes.router(gate),
                ),
                metrics=metrics,
                places=places,
                docs=settings.ingest_docs,
            )
            ops = operations(fitness(bus, pool), metrics.registry, settings.ops_host, described(framework))
            holder = holder_name()

            def lease(role: str) -> Lease:
                return Lease(pool, clock, role, holder)

            copier = Copier(bus.client, feed, lease(copying.ROLE), clock, metrics, tracing=traces)
            keep = timedelta(days=settings.outcome_days)
            purge = Purge(pool, lease(purging.ROLE), clock, metrics, keep)
            callbacks = Callbacks(
                CallbackStore(pool),
                poster,
                lease(calling.ROLE),
                clock,
                metrics,
                receipt_key=receipts.receipt_key,
            )
            platform = Platform(metrics.registry, NAME)

            async def look() -> None:
                await watch_platform(
                    platform, bus.client, pool, (STAGES, OUTCOMES), (), clock=clock, stop=stop
                )

            loops = [partial(worker.run, stop) for worker in (copier, callbacks, purge)]
            if settings.native_publishers:
                endpoint = NatsEndpoint(bus.client, accept, gate.rates, metrics, room=gate.room)
                loops.append(partial(endpoint.run, stop))
            yield Service({NAME: app}, ops, [*loops, look])

    return built


def _rules(settings: IngestSettings) -> Rules:
    try:
        catalogue = load_catalogue(settings.catalogue)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None
    agency = catalogue.agency.named("telegram", settings.telegram_bot).named("viber", settings.viber_bot)
    return Rules(
        catalogue=catalogue.with_agency(agency),
        numbering=Numbering.of(agency.code, agency.number_patterns),
        pepper=key_bytes("PEPPER", settings.pepper),
        zone=ZoneInfo(agency.time_zone),
    )


def main(arguments: Sequence[str] = ()) -> int:
    """Run ingest as the environment and the arguments say; return the exit status."""
    chosen = _arguments(arguments)
    if chosen.workers is not None:
        os.environ["DOCWATCH_INGEST_WORKERS"] = str(chosen.workers)
    try:
        settings = load_settings(IngestSettings)
        key_bytes("PEPPER", settings.pepper)
        key_bytes("RECEIPT_KEY", settings.receipt_key)
    except SettingsError as error:
        sys.stderr.write(f"docwatch ingest: {error}\n")
        return CANNOT_START
    public = Place(settings.host, settings.ingest_port, "DOCWATCH_INGEST_PORT")
    if settings.ingest_workers > 1 and chosen.worker is None:
        return run_workers(
            NAME,
            _worker,
            settings.ingest_workers,
            public=public,
            log_level=settings.log_level,
            grace=settings.stop_grace + CLOSE_SECONDS,
        )
    run = partial(lifecycle.run, NAME, log_level=settings.log_level, grace=settings.stop_grace)
    if chosen.worker is None:
        return run(build(settings), public={NAME: public}, ops=_ops(settings, 0))
    descriptor, number = chosen.worker
    return run(as_worker(build(settings)), public={NAME: inherited(descriptor)}, ops=_ops(settings, number))


def _ops(settings: IngestSettings, number: int) -> Place:
    first = settings.ingest_ops_port
    return Place(settings.ops_host, first and first + number, "DOCWATCH_INGEST_OPS_PORT")


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.ingest", description="Run ingest.")
    parser.add_argument("--workers", type=int, help="so many processes on one port")
    # How the process that was asked for workers starts each: the socket that they share, and a number.
    parser.add_argument("--worker", type=int, nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args(given)


def _worker(descriptor: int, number: int) -> list[str]:
    return [sys.executable, "-m", "services.ingest", "--worker", str(descriptor), str(number)]
