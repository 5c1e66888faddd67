"""Puts the notifier together: settings, catalogue, keys, database, NATS, the accounts and the loops."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from contracts.messages.notice import Notice
from contracts.streams import DEAD, DELIVERIES, NOTICES, NOTIFIER_NOTICES
from runtime.clock import SystemClock
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
from services.notifier.accounts import ACCOUNTS, Accounts, open_accounts
from services.notifier.assembly import Parts, Shared, assemble, report
from services.notifier.conversation.intents import Intents
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.delivery import gauges
from services.notifier.delivery.intake import ROLE as INTAKE_ROLE
from services.notifier.delivery.intake import Intake
from services.notifier.delivery.purge import ROLE as PURGE_ROLE
from services.notifier.delivery.purge import Purge
from services.notifier.delivery.store import WAKE_CHANNEL, Store
from services.notifier.domain import time_zones
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Reader
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.domain.routes import carriers_of
from services.notifier.edge.application import Edge
from services.notifier.edge.pages import Pages
from services.notifier.metrics import Metrics
from services.notifier.pictures.reader import PhotoReader
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.settings import NotifierSettings
from services.notifier.wording.i18n import MissingLanguageError, Voice, load_voice
from services.notifier.wording.notices import render_notice
from worktime.calendar import COUNTRIES, calendar_of

NAME = "notifier"
EDGE = "edge"
STREAMS = (NOTICES, DELIVERIES, DEAD)


def build(settings: NotifierSettings) -> Build:
    """Return what makes the service from its settings."""

    def make(stop: Stop) -> AbstractAsyncContextManager[Service]:
        return _service(settings, stop)

    return make


@asynccontextmanager
async def _service(settings: NotifierSettings, stop: Stop) -> AsyncIterator[Service]:
    clock, metrics = SystemClock(), Metrics()
    catalogue, ring = _catalogue(settings), _ring(settings)
    voice, quiet = _voice(catalogue), _quiet(settings, catalogue)
    intents = await asyncio.to_thread(Intents.of, catalogue)
    address = settings.database_url.get_secret_value()
    async with (
        database(address, NAME, "services.notifier", size=settings.database_pool) as pool,
        messaging(settings, NAME, stop) as bus,
        tracing(settings.otlp_endpoint, NAME) as traces,
        open_accounts(settings, catalogue.agency, clock) as accounts,
        aclosing(PhotoReader()) as photos,
    ):
        await assert_streams(bus.client, STREAMS, [NOTIFIER_NOTICES])
        outbox = Outbox(pool, StreamWriter(bus.client, bus.state), clock)
        carriers = carriers_of(catalogue.agency, ACCOUNTS)
        shared = Shared(
            pool=pool,
            store=Store(pool, outbox, metrics, carriers),
            carriers=carriers,
            public_url=settings.public_url,
            ring=ring,
            tracker=RpcTracker(bus.client, catalogue.agency.consent_version),
            voice=voice,
            intents=intents,
            render=partial(_render, voice),
            quiet=quiet,
            clock=clock,
            metrics=metrics,
            photos=photos,
            tracing=traces,
            lease=partial(Lease, pool, clock, holder=holder_name(), term=settings.lease_term),
        )
        parts = assemble(accounts.usable, shared, stop)
        intake = Intake(bus.client, shared.store, catalogue, clock, metrics, quiet, traces)
        settled = asyncio.Event()

        async def work() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(intake.run(shared.lease(INTAKE_ROLE), settings.notifier_batch, stop))
                    for account in parts:
                        group.create_task(account.hold())
            finally:
                settled.set()

        keep = timedelta(days=catalogue.agency.retention_days)
        watched = (Platform(metrics.registry, NAME), bus.client, pool, STREAMS, (NOTIFIER_NOTICES,))
        loops: tuple[Callable[[], Awaitable[None]], ...] = (
            work,
            partial(watch_platform, *watched, clock=clock, stop=stop),
            lambda: gauges.watch(pool, metrics, [account.name for account in parts], clock, stop),
            lambda: outbox.run(settled),
            lambda: Listener(address, WAKE_CHANNEL, partial(_wake, parts), clock).run(stop),
            lambda: Purge(pool, shared.lease(PURGE_ROLE), clock, keep).run(stop),
            lambda: report(accounts.unusable, shared, stop),
            *(loop for account in parts for loop in account.loops),
        )
        ops = operations(fitness(bus, pool), metrics.registry, settings.ops_host)
        doors = [account.door for account in parts if account.door is not None]
        yield Service(_listeners(settings, doors, _pages(settings, voice, accounts), shared), ops, loops)


def _pages(settings: NotifierSettings, voice: Voice, accounts: Accounts) -> Pages | None:
    """Return what citizens' browsers are shown; None without a public address."""
    if settings.public_url is None:
        return None
    served = {account.name for account in accounts.usable}
    agency = voice.catalogue.agency.named("telegram", settings.telegram_bot)
    agency = agency.named("viber", settings.viber_bot)
    offered = agency.model_copy(
        update={"channels": tuple(terms for terms in agency.channels if terms.account_name in served)}
    )
    if not offered.channels:
        raise StartError("DOCWATCH_PUBLIC_URL is set, and no channel of the catalogue's agency is served")
    return Pages(voice, offered, settings.public_url)


def _listeners(
    settings: NotifierSettings, doors: Sequence[Route], pages: Pages | None, shared: Shared
) -> Mapping[str, ASGIApp]:
    """Return what answers the world, by the name of its listener; each account's door is on all of them."""
    found: dict[str, ASGIApp] = {}
    if settings.telegram_webhook_url is not None:
        found[NAME] = Starlette(routes=doors)
    if pages is not None:
        edge = Edge(pages, shared.clock.monotonic, lambda kind: shared.metrics.edge.labels(kind).inc())
        found[EDGE] = Starlette(routes=[*doors, Mount("", edge)])
    return found


def _wake(parts: Sequence[Parts], account: str) -> None:
    """Wake the account that a notification names; all of them where it names none."""
    for one in parts:
        if account in ("", one.name):
            one.wake.set()


def _render(voice: Voice, notice: Notice, reader: Reader, may_repeat: bool) -> Message:  # noqa: FBT001 - a Renderer
    return render_notice(notice, reader, voice, may_repeat=may_repeat)


def _quiet(settings: NotifierSettings, catalogue: Catalogue) -> Quiet:
    agency, zone = catalogue.agency, ZoneInfo(catalogue.agency.time_zone)
    hours = agency.quiet_hours if settings.quiet_hours else None
    if hours is None:
        return Quiet(None, zone)
    return Quiet(hours, zone, hours.days_off, calendar_of(agency.holidays).works)


def _catalogue(settings: NotifierSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue, countries=COUNTRIES)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None


def _voice(catalogue: Catalogue) -> Voice:
    time_zones.find("")  # the table of cities takes half a second to make: here, not in somebody's answer
    try:
        return load_voice(catalogue)
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
