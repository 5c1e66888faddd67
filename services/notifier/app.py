"""Puts the notifier together: settings, catalogue, keys, database, NATS, the accounts and the loops."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from datetime import timedelta
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from contracts import streams
from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from contracts.channels import WEB
from contracts.links import home_link
from runtime.clock import Clock, SystemClock
from runtime.database.lease import Lease, holder_name
from runtime.database.listen import Listener
from runtime.database.outbox import Outbox
from runtime.errors import CANNOT_START, SettingsError, StartError
from runtime.keyring import KeyRing, KeyRingError, parse_keys
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
from runtime.settings import load_settings
from runtime.tracing import tracing
from services.notifier.accounts import Accounts, open_accounts
from services.notifier.assembly import Parts, Shared, acts_of, assemble, replies_of, unserved_of
from services.notifier.conversation.appointments.desk_client import RpcDesk
from services.notifier.conversation.intents import Intents, index_of, topics_of
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.delivery.at_once import Tenure
from services.notifier.delivery.intake import ROLE as INTAKE_ROLE
from services.notifier.delivery.intake import Intake
from services.notifier.delivery.store import WAKE_CHANNEL, Store
from services.notifier.delivery.upkeep import gauges
from services.notifier.delivery.upkeep.purge import ROLE as PURGE_ROLE
from services.notifier.delivery.upkeep.purge import Purge
from services.notifier.domain import time_zones
from services.notifier.domain.addresses.routes import carriers_of
from services.notifier.edge.application import Edge
from services.notifier.edge.form_pages import FormPages
from services.notifier.edge.forms import Forms
from services.notifier.edge.pages import Pages
from services.notifier.endurance import report
from services.notifier.files.answering import answer_files
from services.notifier.handover.opening import asking, conversations_of, files_of, kept_days
from services.notifier.knowledge.following import follow
from services.notifier.knowledge.library import Library
from services.notifier.metrics import Metrics
from services.notifier.openings import ACCOUNTS, entries, push_door, quiet_of
from services.notifier.page.installing.routes import PushDoor
from services.notifier.page.keeping import ROLE as PAGE_ROLE
from services.notifier.page.opening import OpenPage, open_page
from services.notifier.pictures.reader import PhotoReader
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.settings import NotifierSettings
from services.notifier.wording.i18n import MissingLanguageError, Voice, load_voice
from services.notifier.wording.unasked import rendering
from worktime.calendar import COUNTRIES

NAME = "notifier"
EDGE = "edge"
STREAMS = (
    *(streams.NOTICES, streams.DELIVERIES, streams.QUESTIONS, streams.DEAD),
    *(streams.TALKS, streams.REPLIES, streams.APPOINTMENTS),
)
CONSUMERS = (streams.NOTIFIER_NOTICES, streams.NOTIFIER_REPLIES, streams.NOTIFIER_APPOINTMENTS)


def build(settings: NotifierSettings) -> Build:
    """Return what makes the service from its settings."""

    def make(stop: Stop) -> AbstractAsyncContextManager[Service]:
        return _service(settings, stop)

    return make


@asynccontextmanager
async def _service(settings: NotifierSettings, stop: Stop) -> AsyncIterator[Service]:
    clock, metrics = SystemClock(), Metrics()
    catalogue, ring = _catalogue(settings), _ring(settings)
    talks = conversations_of(settings, catalogue)
    voice, quiet = _voice(catalogue, staffed=talks is not None), quiet_of(settings, catalogue)
    library = await asyncio.to_thread(_library, catalogue, clock)
    address = settings.database_url.get_secret_value()
    async with (
        database(address, NAME, "services.notifier", size=settings.database_pool) as pool,
        messaging(settings, NAME, stop) as bus,
        tracing(settings.otlp_endpoint, NAME) as traces,
        open_accounts(
            entries(settings, voice, pool, ring, metrics.pushed), catalogue.agency, clock
        ) as accounts,
        aclosing(PhotoReader()) as photos,
    ):
        await assert_streams(bus.client, STREAMS, CONSUMERS)
        outbox = Outbox(pool, StreamWriter(bus.client, bus.state), clock)
        carriers = carriers_of(catalogue.agency, ACCOUNTS)
        tenures: dict[str, Tenure] = {}
        shared = Shared(
            pool=pool,
            store=Store(pool, outbox, metrics, carriers, tenures=tenures, staffed=talks is not None),
            carriers=carriers,
            public_url=settings.public_url,
            ring=ring,
            tracker=RpcTracker(bus.client, catalogue.agency.consent_version),
            talks=None if talks is None else asking(talks, bus.client),
            files=files_of(settings, catalogue, talks),
            desk=RpcDesk(bus.client),
            voice=voice,
            intents=Intents(library, topics_of(catalogue.answers)),
            render=rendering(voice, _home(settings)),
            quiet=quiet,
            clock=clock,
            metrics=metrics,
            photos=photos,
            tracing=traces,
            lease=partial(Lease, pool, clock, holder=holder_name(), term=settings.lease_term),
            tenures=tenures,
        )
        parts = assemble(accounts.usable, shared, stop)
        page = _page(parts, shared, push_door(settings, pool, ring))
        intake = Intake(bus.client, shared.store, catalogue, clock, metrics, quiet, traces)
        settled, batch = asyncio.Event(), settings.notifier_batch

        async def work() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(intake.run(shared.lease(INTAKE_ROLE), batch, stop))
                    for account in parts:
                        group.create_task(account.hold())
                    if talks is not None:
                        group.create_task(replies_of(shared, talks, parts).run(bus.client, batch, stop))
            finally:
                settled.set()

        keep, kept = (timedelta(days=days) for days in kept_days(catalogue.agency))
        watched = (Platform(metrics.registry, NAME), bus.client, pool, STREAMS, CONSUMERS)
        loops: tuple[Callable[[], Awaitable[None]], ...] = (
            work,
            partial(watch_platform, *watched, clock=clock, stop=stop),
            lambda: gauges.watch(pool, metrics, [account.name for account in parts], clock, stop),
            lambda: outbox.run(settled),
            lambda: Listener(address, WAKE_CHANNEL, partial(_wake, parts), clock).run(stop),
            lambda: Purge(pool, shared.lease(PURGE_ROLE), clock, keep, kept).run(stop),
            lambda: unserved_of(ACCOUNTS, shared).run(stop),
            lambda: report(accounts.unusable, pool, metrics, clock, stop),
            lambda: library.run(stop),
            *(() if talks is None else (partial(answer_files, bus.client, pool, stop),)),
            lambda: follow(bus.client, streams.KNOWLEDGE, library, stop),
            *(loop for account in parts for loop in account.loops),
            *(() if page is None else page.loops(address, stop)),
        )
        ops = operations(fitness(bus, pool), metrics.registry, settings.ops_host)
        doors = [account.door for account in parts if account.door is not None]
        own = [] if page is None else page.routes(lambda status: metrics.page.labels(str(status)).inc())
        if page is not None:
            metrics.page_streams.set_function(lambda: page.parts.streams.open)
        edge = _edge(_pages(settings, voice, accounts), parts, shared)
        yield Service(_listeners(settings, doors, own, edge), ops, loops)


def _page(parts: Sequence[Parts], shared: Shared, door: PushDoor | None) -> OpenPage | None:
    """Return the citizens' own page; None where it is not served."""
    account = next((one for one in parts if one.name == WEB.code), None)
    if account is None or shared.public_url is None:
        return None
    return open_page(
        account=account.name,
        public_url=shared.public_url,
        pool=shared.pool,
        ring=shared.ring,
        store=shared.store,
        voice=shared.voice,
        tracker=shared.tracker,
        clock=shared.clock,
        take=account.take,
        lease=shared.lease,
        role=PAGE_ROLE,
        door=door,
        files=shared.files,
    )


def _pages(settings: NotifierSettings, voice: Voice, accounts: Accounts) -> Pages | None:
    """Return what citizens' browsers are shown; None without a public address."""
    if settings.public_url is None:
        return None
    served = {account.name for account in accounts.usable}
    agency = voice.catalogue.agency.named("telegram", settings.telegram_bot)
    agency = agency.named("viber", settings.viber_bot).named("email", settings.email_from)
    offered = agency.model_copy(
        update={"channels": tuple(terms for terms in agency.channels if terms.account_name in served)}
    )
    if not offered.channels:
        raise StartError("DOCWATCH_PUBLIC_URL is set, and no channel of the catalogue's agency is served")
    return Pages(voice, offered, settings.public_url)


def _edge(pages: Pages | None, parts: Sequence[Parts], shared: Shared) -> Edge | None:
    """Return what answers citizens' browsers; None without a public address."""
    if pages is None or shared.public_url is None:
        return None

    def counted(kind: str) -> None:
        shared.metrics.edge.labels(kind).inc()

    forms = Forms(FormPages(pages), acts_of(parts, shared, shared.public_url), counted)
    return Edge(pages, shared.clock.monotonic, counted, forms)


def _listeners(
    settings: NotifierSettings, doors: Sequence[Route], page: Sequence[Route], edge: Edge | None
) -> Mapping[str, ASGIApp]:
    """Return what answers the world, by the name of its listener; each account's door is on all of them."""
    found: dict[str, ASGIApp] = {}
    if settings.telegram_webhook_url is not None:
        found[NAME] = Starlette(routes=doors)
    if edge is not None:
        found[EDGE] = Starlette(routes=[*doors, *page, Mount("", edge)])
    return found


def _wake(parts: Sequence[Parts], account: str) -> None:
    """Wake the account that a notification names; all of them where it names none."""
    for one in parts:
        if account in ("", one.name):
            one.wake.set()


def _home(settings: NotifierSettings) -> str | None:
    """Return where people open what is not told them in full; None without a public address."""
    return None if settings.public_url is None else home_link(settings.public_url)


def _catalogue(settings: NotifierSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue, countries=COUNTRIES)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None


def _library(catalogue: Catalogue, clock: Clock) -> Library:
    """Return the agency's own answers made ready, which needs nobody else."""
    return Library(
        catalogue.answers, index_of(catalogue, catalogue.answers), partial(index_of, catalogue), clock
    )


def _voice(catalogue: Catalogue, *, staffed: bool) -> Voice:
    time_zones.find("")  # the table of cities takes half a second to make: here, not in somebody's answer
    try:
        return load_voice(catalogue, staffed=staffed)
    except MissingLanguageError as error:
        raise StartError(str(error)) from None


def _ring(settings: NotifierSettings) -> KeyRing:
    try:
        return KeyRing(parse_keys(settings.encryption_keys.get_secret_value()), PURPOSE)
    except KeyRingError as error:
        raise StartError(f"DOCWATCH_ENCRYPTION_KEYS: {error}") from None


def _places(settings: NotifierSettings) -> Mapping[str, Place]:
    """Return where its applications answer, by their names."""
    found = {}
    if settings.telegram_webhook_url is not None:
        found[NAME] = Place(settings.host, settings.notifier_port, "DOCWATCH_NOTIFIER_PORT")
    if settings.public_url is not None:
        found[EDGE] = Place(settings.host, settings.public_port, "DOCWATCH_PUBLIC_PORT")
    return found


def main() -> int:
    """Run the notifier as the environment says; return the exit status."""
    try:
        settings = load_settings(NotifierSettings)
    except SettingsError as error:
        sys.stderr.write(f"docwatch {NAME}: {error}\n")
        return CANNOT_START
    return run(
        NAME,
        build(settings),
        public=_places(settings),
        ops=Place(settings.ops_host, settings.notifier_ops_port, "DOCWATCH_NOTIFIER_OPS_PORT"),
        log_level=settings.log_level,
        grace=settings.stop_grace,
    )
