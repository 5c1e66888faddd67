"""Puts the notifier together: settings, catalogue, keys, database, NATS, the messenger and the loops."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
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
from services.notifier.channels import public_links
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.webhook import TelegramPosts, posts_of
from services.notifier.conversation.handler import Handler
from services.notifier.conversation.intents import Intents
from services.notifier.conversation.picture_queue import PictureQueue
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.conversation.updates import Updates
from services.notifier.conversation.webhook import Webhook, keep_registered, keep_tidy
from services.notifier.delivery import gauges
from services.notifier.delivery.intake import ROLE as INTAKE_ROLE
from services.notifier.delivery.intake import Intake
from services.notifier.delivery.owner import Owner
from services.notifier.delivery.pace import Pace
from services.notifier.delivery.purge import ROLE as PURGE_ROLE
from services.notifier.delivery.purge import Purge
from services.notifier.delivery.queue import Queue
from services.notifier.delivery.sender import Tools
from services.notifier.delivery.store import WAKE_CHANNEL, Store
from services.notifier.domain import time_zones
from services.notifier.domain.links import links_of
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Reader
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.domain.routes import carriers_of
from services.notifier.edge.application import Edge
from services.notifier.edge.pages import Pages
from services.notifier.metrics import Metrics, make_metrics
from services.notifier.pictures.reader import PhotoReader
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.settings import NotifierSettings
from services.notifier.wording.i18n import MissingLanguageError, Voice, load_voice
from services.notifier.wording.notices import render_notice
from services.notifier.wording.profiles import profiles
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
    clock, metrics = SystemClock(), make_metrics()
    catalogue, ring = _catalogue(settings), _ring(settings)
    voice, quiet = _voice(catalogue), _quiet(settings, catalogue)
    intents = await asyncio.to_thread(Intents.of, catalogue)
    token, address = settings.telegram_token.get_secret_value(), settings.database_url.get_secret_value()
    async with (
        database(address, NAME, "services.notifier", size=settings.database_pool) as pool,
        messaging(settings, NAME, stop) as bus,
        tracing(settings.otlp_endpoint, NAME) as traces,
        TelegramChannel.open(
            token,
            settings.telegram_api_url,
            clock=clock,
            connections=settings.send_concurrency + 8,
            paid=settings.telegram_paid_broadcast,
        ) as channel,
        aclosing(PhotoReader()) as photos,
    ):
        await assert_streams(bus.client, STREAMS, [NOTIFIER_NOTICES])
        outbox = Outbox(pool, StreamWriter(bus.client, bus.state), clock)
        carriers = carriers_of(catalogue.agency)
        store = Store(pool, outbox, metrics, carriers)
        recipients = Recipients(channel.name, ring)
        role = f"{channel.name}:{hashlib.sha256(token.encode()).hexdigest()[:16]}"
        holder = holder_name()
        lease = partial(Lease, pool, clock, holder=holder, term=settings.lease_term)
        purge = Purge(pool, lease(PURGE_ROLE), clock, timedelta(days=catalogue.agency.retention_days))
        wake = asyncio.Event()
        tools = Tools(
            queue=Queue(pool, store, recipients, channel.name, role, carriers=carriers),
            channel=channel,
            recipients=recipients,
            render=partial(_render, voice),
            metrics=metrics,
            clock=clock,
            wake=wake,
            pace=_pace(settings),
            quiet=quiet,
            tracing=traces,
        )
        bot = settings.telegram_bot or catalogue.agency.public_name("telegram")
        links = links_of(None if bot is None else channel.invitation(bot), (channel.invitation(bot or NAME),))
        pictures = PictureQueue(
            pool=pool,
            store=store,
            recipients=recipients,
            channel=channel,
            voice=voice,
            metrics=metrics,
            reader=photos,
            links=links,
        )
        updates = Updates(
            Handler(
                pool=pool,
                store=store,
                recipients=recipients,
                channel=channel,
                tracker=RpcTracker(bus.client, catalogue.agency.consent_version),
                voice=voice,
                intents=intents,
                clock=clock,
                metrics=metrics,
                pictures=pictures,
                links=links,
                tracing=traces,
            )
        )
        presented = profiles(voice)
        posts = _posts(settings, token, channel)

        async def listen(stop: asyncio.Event) -> None:
            await keep_registered(partial(channel.receive_by, posts), stop)
            if posts is None:
                await updates.run(stop)
            else:
                await keep_tidy(pool, channel.name, stop)

        owner = Owner(tools, listen, lease(role), metrics, lambda: channel.introduce(presented))
        intake = Intake(bus.client, store, catalogue, clock, metrics, quiet, traces)
        settled = asyncio.Event()

        async def work() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(intake.run(lease(INTAKE_ROLE), settings.notifier_batch, stop))
                    group.create_task(owner.hold(stop))
            finally:
                settled.set()

        watched = (Platform(metrics.registry, NAME), bus.client, pool, STREAMS, (NOTIFIER_NOTICES,))
        loops = (
            work,
            partial(watch_platform, *watched, clock=clock, stop=stop),
            lambda: gauges.watch(pool, metrics, clock, stop),
            lambda: public_links.watch(channel, bot, metrics, stop),
            lambda: outbox.run(settled),
            lambda: Listener(address, WAKE_CHANNEL, wake.set, clock).run(stop),
            lambda: purge.run(stop),
            lambda: pictures.run(stop),
        )
        ops = operations(fitness(bus, pool), metrics.registry, settings.ops_host)
        posted = {} if posts is None else {NAME: Starlette(routes=[Webhook(posts, updates).route()])}
        yield Service({**posted, **_edge(settings, voice, clock, metrics)}, ops, loops)


def _edge(
    settings: NotifierSettings, voice: Voice, clock: SystemClock, metrics: Metrics
) -> Mapping[str, ASGIApp]:
    """Return what answers citizens' browsers, by the name of its listener; nothing without an address."""
    if settings.public_url is None:
        return {}
    agency = voice.catalogue.agency.named("telegram", settings.telegram_bot)
    if not agency.channels:
        raise StartError("DOCWATCH_PUBLIC_URL is set, and the catalogue's agency has no channels to offer")
    pages = Pages(voice, agency, settings.public_url)
    return {EDGE: Edge(pages, clock.monotonic, lambda kind: metrics.edge.labels(kind).inc())}


def _render(voice: Voice, notice: Notice, reader: Reader) -> Message:
    return render_notice(notice, reader, voice)


def _posts(settings: NotifierSettings, token: str, channel: TelegramChannel) -> TelegramPosts | None:
    if settings.telegram_webhook_url is None:
        return None
    given = settings.telegram_webhook_secret
    secret = None if given is None else given.get_secret_value()
    return posts_of(settings.telegram_webhook_url, token, secret, channel.read)


def _quiet(settings: NotifierSettings, catalogue: Catalogue) -> Quiet:
    agency, zone = catalogue.agency, ZoneInfo(catalogue.agency.time_zone)
    hours = agency.quiet_hours if settings.quiet_hours else None
    if hours is None:
        return Quiet(None, zone)
    return Quiet(hours, zone, hours.days_off, calendar_of(agency.holidays).works)


def _pace(settings: NotifierSettings) -> Pace:
    return Pace(
        rate_global=settings.rate_global,
        rate_chat=settings.rate_chat,
        resend_after=settings.resend_after,
        concurrency=settings.send_concurrency,
    )


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
