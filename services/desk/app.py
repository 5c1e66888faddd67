"""The desk's composition root: the only place that makes pools, connections and loops."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from contracts.streams import (
    APPOINTMENTS,
    BUCKETS,
    CALLS,
    DEAD,
    DELIVERIES,
    DESK_FORGETS,
    DESK_QUESTIONS,
    DESK_TALKS,
    KNOWLEDGE,
    QUESTIONS,
    REPLIES,
    TALKS,
)
from runtime.clock import SystemClock
from runtime.database import gauges
from runtime.database.gauges import Pace
from runtime.database.lease import Lease, holder_name
from runtime.database.listen import Listener
from runtime.database.outbox import Outbox
from runtime.database.purge import purging
from runtime.errors import CANNOT_START, SettingsError, StartError
from runtime.keyring import KeyRingError
from runtime.messaging.buckets import BucketWriter
from runtime.messaging.jetstream import settle
from runtime.messaging.pull import consume
from runtime.messaging.stream_writer import StreamWriter
from runtime.process.lifecycle import Build, Place, Service, Stop, run
from runtime.process.operations import operations
from runtime.process.platform_metrics import Platform, watch_platform
from runtime.process.start import assert_streams, database, fitness, messaging
from runtime.settings import load_settings
from services.desk.appointments import calls as appointment_calls
from services.desk.appointments import opening as appointing
from services.desk.calls.listing import ROLE as CALLING
from services.desk.calls.room import ROOM as CALLS_ROOM
from services.desk.calls.room import open_room
from services.desk.conversations.assembly import People, ground_of
from services.desk.conversations.files import Files
from services.desk.conversations.ground import Ground
from services.desk.conversations.sealing import Texts
from services.desk.conversations.words import answer_words
from services.desk.door.opening import ROLE as STAFF_PURGING
from services.desk.door.opening import DoorParts, open_door
from services.desk.knowledge.answers import CHANNEL, Answers
from services.desk.knowledge.consumer import QuestionConsumer
from services.desk.knowledge.publishing import ROLE as PUBLISHING
from services.desk.knowledge.publishing import Publishing
from services.desk.knowledge.questions import Questions, Terms
from services.desk.knowledge.records import BATCH, Purge, Records
from services.desk.knowledge.records import ROLE as PURGING
from services.desk.knowledge.shelf import Shelf
from services.desk.knowledge.watching import look
from services.desk.metrics import Metrics
from services.desk.pages import Ground as PagesGround
from services.desk.pages import Pages, editors_pages, peoples_pages
from services.desk.settings import DeskSettings
from worktime.calendar import COUNTRIES

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
        streams = (QUESTIONS, TALKS, REPLIES, CALLS, DELIVERIES, APPOINTMENTS, DEAD)
        consumers = (DESK_QUESTIONS, DESK_TALKS, DESK_FORGETS)
        await assert_streams(bus.client, streams, consumers, BUCKETS)
        outbox = Outbox(pool, StreamWriter(bus.client, bus.state), clock)
        answers, terms = Answers(pool, clock), _terms(settings, catalogue)
        publishing = Publishing(answers, BucketWriter(bus.client, KNOWLEDGE), clock, metrics)
        questions = QuestionConsumer(Questions(pool, outbox, clock, terms), clock, metrics)
        calls = open_room(pool, outbox, bus.client, clock, catalogue=catalogue, metrics=metrics)
        listener = Listener(address, CHANNEL, lambda _: publishing.wake.set(), clock)
        platform, holder = Platform(metrics.registry, NAME), holder_name()
        purge = Purge(pool, clock, timedelta(days=settings.desk_miss_days))
        people = _people(settings, ground_of(pool, outbox, clock, catalogue, metrics), catalogue)
        lease = partial(Lease, pool, clock, holder=holder)
        appointments = appointing.Appointments(bus.client, pool, outbox, catalogue, clock, metrics, lease)
        appointment_calls.serve(bus.broker, appointments.booking, metrics)
        await bus.broker.start()
        await settle(bus.client)
        taken_in = asyncio.Event()

        async def watch() -> None:
            await look(pool, answers, Records(pool), metrics)
            await calls.watch.look()

        async def take_in() -> None:
            pulled = partial(consume, bus.client, stop=stop, clock=clock, size=settings.desk_batch)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(pulled(DESK_QUESTIONS, questions, linger=LINGER))
                    group.create_task(pulled(DESK_FORGETS, appointments.forgetting))
                    if people is not None:
                        group.create_task(pulled(DESK_TALKS, people.consumer))
            finally:
                taken_in.set()

        ops = operations(fitness(bus, pool), metrics.registry, settings.ops_host)
        loops: list[Callable[[], Awaitable[None]]] = [
            take_in,
            lambda: outbox.run(taken_in),
            lambda: publishing.run(lease(PUBLISHING), stop),
            lambda: listener.run(stop),
            lambda: purging(lease(PURGING), purge.once, BATCH, stop),
            *appointments.loops(stop),
            *(() if people is None else people.loops(lease, clock, stop)),
            *(() if people is None else (partial(answer_words, bus.client, pool, stop),)),
            lambda: gauges.keep(watch, LOOKS, clock=clock, stop=stop),
            lambda: calls.run(lease(CALLING), stop),
            lambda: watch_platform(platform, bus.client, pool, streams, consumers, clock=clock, stop=stop),
        ]
        shown = PagesGround(pool, address, catalogue, clock, holder, stop, Shelf(answers, catalogue))
        pages = _pages(settings, shown, people, partial(Files.of, bus.client, metrics=metrics))
        rooms = {name: package for one in pages for name, package in one.rooms.items()}
        rooms |= CALLS_ROOM | {"appointments": appointing.ROOM}
        routes = [*(route for one in pages for route in one.routes), *calls.routes]
        routes += appointing.pages(pool, outbox, catalogue, clock, metrics)
        async with open_door(DoorParts(settings, catalogue, pool, clock, metrics, rooms, routes)) as door:
            if door is not None:
                loops += door.loops(lease(STAFF_PURGING), stop)
                loops += [loop for one in pages for loop in one.loops]
            yield Service({} if door is None else {NAME: door.app}, ops, loops)


def _pages(
    settings: DeskSettings, ground: PagesGround, people: People | None, opened: Callable[[str], Files]
) -> Sequence[Pages]:
    """Return what stands behind the door; conversations only where there are any."""
    keys = settings.conversation_keys
    if people is None or keys is None:
        return [editors_pages(ground)]
    secret = keys.get_secret_value()
    return [peoples_pages(ground, people.conversations, secret, opened(secret)), editors_pages(ground)]


def _terms(settings: DeskSettings, catalogue: Catalogue) -> Terms:
    return Terms(
        languages=frozenset(catalogue.agency.languages),
        zone=ZoneInfo(catalogue.agency.time_zone),
        topics={answer.id: answer.topic for answer in catalogue.answers.values()},
        misses=settings.desk_misses,
    )


def _people(settings: DeskSettings, ground: Ground, catalogue: Catalogue) -> People | None:
    """Return what people of the agency need; None where no key seals what they say."""
    if settings.conversation_keys is None:
        return None
    try:
        texts = Texts.of(settings.conversation_keys.get_secret_value())
    except KeyRingError as error:
        raise StartError(f"DOCWATCH_CONVERSATION_KEYS: {error}") from None
    return People.of(ground, texts, catalogue)


def _catalogue(settings: DeskSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue, countries=COUNTRIES)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None


def _public(settings: DeskSettings) -> dict[str, Place]:
    if settings.desk_url is None:
        return {}
    return {NAME: Place(settings.host, settings.desk_port, "DOCWATCH_DESK_PORT")}


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
        public=_public(settings),
        ops=Place(settings.ops_host, settings.desk_ops_port, "DOCWATCH_DESK_OPS_PORT"),
        log_level=settings.log_level,
        grace=settings.stop_grace,
    )
