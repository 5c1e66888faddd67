"""The desk's composition root: the only place that makes pools, connections and loops."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from contracts.streams import BUCKETS, DEAD, DESK_QUESTIONS, KNOWLEDGE, QUESTIONS
from runtime.clock import SystemClock
from runtime.database import gauges
from runtime.database.gauges import Pace
from runtime.database.lease import Lease, holder_name
from runtime.database.listen import Listener
from runtime.database.outbox import Outbox
from runtime.database.purge import purging
from runtime.errors import CANNOT_START, SettingsError, StartError
from runtime.messaging.buckets import BucketWriter
from runtime.messaging.pull import consume
from runtime.messaging.stream_writer import StreamWriter
from runtime.process.lifecycle import Build, Place, Service, Stop, run
from runtime.process.operations import operations
from runtime.process.platform_metrics import Platform, watch_platform
from runtime.process.start import assert_streams, database, fitness, messaging
from runtime.settings import load_settings
from services.desk.knowledge.answers import CHANNEL, Answers
from services.desk.knowledge.consumer import QuestionConsumer
from services.desk.knowledge.publishing import ROLE as PUBLISHING
from services.desk.knowledge.publishing import Publishing
from services.desk.knowledge.questions import Questions, Terms
from services.desk.knowledge.records import BATCH, Purge, Records
from services.desk.knowledge.records import ROLE as PURGING
from services.desk.knowledge.watching import look
from services.desk.metrics import Metrics
from services.desk.settings import DeskSettings

NAME = "desk"
LINGER = 0.1
"""Seconds in which questions are gathered: nobody waits for them to be counted."""
LOOKS = Pace(least=5.0, most=30.0)


def build(settings: DeskSettings) -> Build:
    """Return what makes the desk out of its settings."""

    def make(stop: Stop) -> AbstractAsyncContextManager[Service]:
        return _service(settings, stop)

    return make


@asynccontextmanager
async def _service(settings: DeskSettings, stop: Stop) -> AsyncIterator[Service]:
    clock, metrics = SystemClock(), Metrics()
    catalogue = _catalogue(settings)
    address = settings.database_url.get_secret_value()
    async with (
        database(address, NAME, "services.desk", size=settings.database_pool) as pool,
        messaging(settings, NAME, stop) as bus,
    ):
        streams, consumers = (QUESTIONS, DEAD), (DESK_QUESTIONS,)
        await assert_streams(bus.client, streams, consumers, BUCKETS)
        outbox = Outbox(pool, StreamWriter(bus.client, bus.state), clock)
        answers, terms = Answers(pool, clock), _terms(settings, catalogue)
        publishing = Publishing(answers, BucketWriter(bus.client, KNOWLEDGE), clock, metrics)
        questions = QuestionConsumer(Questions(pool, outbox, clock, terms), clock, metrics)
        listener = Listener(address, CHANNEL, lambda _: publishing.wake.set(), clock)
        platform, holder = Platform(metrics.registry, NAME), holder_name()
        purge = Purge(pool, clock, timedelta(days=settings.desk_miss_days))
        taken_in = asyncio.Event()

        async def take_in() -> None:
            pulled = partial(consume, bus.client, stop=stop, clock=clock, size=settings.desk_batch)
            try:
                await pulled(DESK_QUESTIONS, questions, linger=LINGER)
            finally:
                taken_in.set()

        ops = operations(fitness(bus, pool), metrics.registry, settings.ops_host)
        loops = (
            take_in,
            lambda: outbox.run(taken_in),
            lambda: publishing.run(Lease(pool, clock, PUBLISHING, holder), stop),
            lambda: listener.run(stop),
            lambda: purging(Lease(pool, clock, PURGING, holder), purge.once, BATCH, stop),
            lambda: gauges.keep(
                lambda: look(pool, answers, Records(pool), metrics), LOOKS, clock=clock, stop=stop
            ),
            lambda: watch_platform(platform, bus.client, pool, streams, consumers, clock=clock, stop=stop),
        )
        yield Service({}, ops, loops)


def _terms(settings: DeskSettings, catalogue: Catalogue) -> Terms:
    return Terms(
        languages=frozenset(catalogue.agency.languages),
        zone=ZoneInfo(catalogue.agency.time_zone),
        topics={answer.id: answer.topic for answer in catalogue.answers.values()},
        misses=settings.desk_misses,
    )


def _catalogue(settings: DeskSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None


def main() -> int:
    """Run the desk; return the exit status."""
    try:
        settings = load_settings(DeskSettings)
    except SettingsError as error:
        sys.stderr.write(f"docwatch desk: {error}\n")
        return CANNOT_START
    return run(
        NAME,
        build(settings),
        public={},
        ops=Place(settings.ops_host, settings.desk_ops_port, "DOCWATCH_DESK_OPS_PORT"),
        log_level=settings.log_level,
        grace=settings.stop_grace,
    )
