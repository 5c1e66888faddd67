"""Puts the notifier together: settings, catalogue, keys, database, NATS, the accounts and the loops."""

import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import partial

from contracts.links import home_link
from runtime.database.lease import Lease, holder_name
from runtime.database.outbox import Outbox
from runtime.errors import CANNOT_START, SettingsError
from runtime.messaging.stream_writer import StreamWriter
from runtime.process.lifecycle import Build, Place, Service, Stop, run
from runtime.process.operations import operations
from runtime.process.start import (
    assert_streams,
    database,
    fitness,
    messaging,
)
from runtime.settings import load_settings
from runtime.tracing import tracing
from services.notifier.accounts import open_accounts
from services.notifier.assembly import Shared, assemble
from services.notifier.conversation.appointments.desk_client import RpcDesk
from services.notifier.conversation.intents import Intents, topics_of
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.delivery.at_once import Tenure
from services.notifier.delivery.store import Store
from services.notifier.domain.addresses.routes import carriers_of
from services.notifier.groundwork import Groundwork, Resources, groundwork
from services.notifier.handover.opening import asking, files_of
from services.notifier.listeners import listeners, page_of, places
from services.notifier.loops import CONSUMERS, NAME, STREAMS, loops
from services.notifier.openings import ACCOUNTS, entries
from services.notifier.pictures.reader import PhotoReader
from services.notifier.settings import NotifierSettings
from services.notifier.wording.unasked import rendering


def build(settings: NotifierSettings) -> Build:
    """Return what makes the service from its settings."""

    def make(stop: Stop) -> AbstractAsyncContextManager[Service]:
        return _service(settings, stop)

    return make


@asynccontextmanager
async def _service(settings: NotifierSettings, stop: Stop) -> AsyncIterator[Service]:
    ground = await groundwork(settings)
    async with _resources(ground, stop) as resources:
        await assert_streams(resources.bus.client, STREAMS, CONSUMERS)
        shared = _shared(ground, resources)
        parts = assemble(resources.accounts.usable, shared, stop)
        page = page_of(settings, shared, parts)
        yield Service(
            listeners(settings, shared, parts, usable=resources.accounts.usable, page=page),
            operations(fitness(resources.bus, resources.pool), ground.metrics.registry, settings.ops_host),
            loops(ground, resources, shared, parts=parts, page=page, stop=stop),
        )


@asynccontextmanager
async def _resources(ground: Groundwork, stop: Stop) -> AsyncIterator[Resources]:
    settings, agency, clock = ground.settings, ground.catalogue.agency, ground.clock
    address = settings.database_url.get_secret_value()
    async with (
        database(address, NAME, "services.notifier", size=settings.database_pool) as pool,
        messaging(settings, NAME, stop) as bus,
        tracing(settings.otlp_endpoint, NAME) as traces,
        open_accounts(
            entries(settings, ground.voice, pool, ground.ring, ground.metrics.pushed), agency, clock
        ) as accounts,
        aclosing(PhotoReader()) as photos,
    ):
        outbox = Outbox(pool, StreamWriter(bus.client, bus.state), clock)
        yield Resources(pool, bus, outbox, traces, accounts, photos)


def _shared(ground: Groundwork, resources: Resources) -> Shared:
    settings, catalogue, talks = ground.settings, ground.catalogue, ground.talks
    pool, client, clock, metrics = resources.pool, resources.bus.client, ground.clock, ground.metrics
    carriers = carriers_of(catalogue.agency, ACCOUNTS)
    tenures: dict[str, Tenure] = {}
    home = None if settings.public_url is None else home_link(settings.public_url)
    return Shared(
        pool=pool,
        store=Store(pool, resources.outbox, metrics, carriers, tenures=tenures, staffed=talks is not None),
        carriers=carriers,
        public_url=settings.public_url,
        ring=ground.ring,
        tracker=RpcTracker(client, catalogue.agency.consent_version),
        talks=None if talks is None else asking(talks, client),
        files=files_of(settings, catalogue, talks),
        desk=RpcDesk(client),
        voice=ground.voice,
        intents=Intents(ground.library, topics_of(catalogue.answers)),
        render=rendering(ground.voice, home),
        quiet=ground.quiet,
        clock=clock,
        metrics=metrics,
        photos=resources.photos,
        tracing=resources.traces,
        lease=partial(Lease, pool, clock, holder=holder_name(), term=settings.lease_term),
        tenures=tenures,
    )


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
        public=places(settings),
        ops=Place(settings.ops_host, settings.notifier_ops_port, "DOCWATCH_NOTIFIER_OPS_PORT"),
        log_level=settings.log_level,
        grace=settings.stop_grace,
    )
