"""What `docwatch save` and `docwatch load` do, on embedded servers or on those that the settings name."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from nats.aio.client import Client

from cli.errors import CommandError
from cli.installation.bus import connect, nobody_reads
from cli.installation.local import RUNNING_FILE, SECRETS_FILE, ensure_secrets, running
from cli.installation.provisioning import given_passwords, provision_database, provision_streams
from cli.installation.servers import open_servers
from cli.moving import database, streams
from cli.moving.contents import DATABASE, Contents, SavedStream, make, read
from cli.settings import LocalSettings
from contracts.services import INGEST
from contracts.streams import OUTCOMES
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from services.ingest.feed.store import FeedStore


class Part(StrEnum):
    """What may be saved or loaded by itself."""

    DATABASE = "database"
    STREAMS = "streams"


@dataclass(frozen=True)
class Reached:
    """Both servers: a connection to NATS with every right, and an address of PostgreSQL with every right."""

    client: Client
    nats: str
    nats_ca: Path | None
    admin: str
    passwords: Mapping[str, str]


async def save(settings: LocalSettings, folder: Path, only: Part | None, *, while_running: bool) -> Contents:
    """Save into a new folder; the database first, so that the streams are never older than it."""
    make(folder)
    async with _reached(settings) as at:
        if not while_running:
            await _nobody_works(at)
        began = datetime.now(UTC)
        if only is not Part.STREAMS:
            await database.dump(at.admin, folder / DATABASE)
        saved = [] if only is Part.DATABASE else await streams.save(at.client, folder)
    contents = Contents(
        version=version("docwatch"),
        at=began,
        running=while_running,
        database=only is not Part.STREAMS,
        streams=tuple(saved),
    )
    contents.write(folder)
    return contents


async def load(settings: LocalSettings, folder: Path, only: Part | None, *, replicas: int) -> Contents:
    """Load what a folder holds, and provision; CommandError, before anything changes, where there is data."""
    contents = read(folder)
    wanted = [part for part, there in _parts(contents).items() if there and only in (None, part)]
    if not wanted:
        raise CommandError(f"{folder} does not hold what is to be loaded")
    async with _reached(settings) as at:
        await _nobody_works(at)
        if Part.DATABASE in wanted:
            await database.refuse_where_used(at.admin)
        if Part.STREAMS in wanted:
            await streams.make_room(at.client)
        chosen = contents.streams if Part.STREAMS in wanted else ()
        async with streams.loaded(at.client, folder, chosen, replicas):
            if Part.DATABASE in wanted:
                await database.restore(at.admin, folder / DATABASE)
                await provision_database(at.admin, at.passwords)
        if chosen:
            await provision_streams(at.nats, ca=at.nats_ca)
            await _feed_goes_on(at, chosen)
    return contents


def _parts(contents: Contents) -> dict[Part, bool]:
    return {Part.DATABASE: contents.database, Part.STREAMS: bool(contents.streams)}


@asynccontextmanager
async def _reached(settings: LocalSettings) -> AsyncIterator[Reached]:
    """Reach the servers that the settings name, those that run, or embedded ones that run meanwhile."""
    admin = settings.provision_database_url or settings.database_url
    if settings.nats_url is not None and admin is not None:
        url, database_url = settings.nats_url.get_secret_value(), admin.get_secret_value()
        async with _connected(url, settings.nats_ca) as client:
            yield Reached(client, url, settings.nats_ca, database_url, given_passwords(os.environ))
        return
    folder = settings.folder
    if (folder / RUNNING_FILE).exists():
        known = running(folder)
        async with _connected(known["nats"], settings.nats_ca) as client:
            yield Reached(client, known["nats"], settings.nats_ca, known["admin"], {})
        return
    if not (folder / SECRETS_FILE).exists():
        raise CommandError(
            f"{folder} has no {SECRETS_FILE}: bring that of the installation that was saved there first,"
            " for without its keys nobody's data can be read; or name servers by DOCWATCH_NATS_URL and"
            " DOCWATCH_PROVISION_DATABASE_URL"
        )
    async with open_servers(settings, ensure_secrets(folder), SystemClock(), lambda _: None) as servers:
        nats = servers.nats["provision"]
        async with _connected(nats, servers.nats_ca) as client:
            yield Reached(client, nats, servers.nats_ca, servers.admin, servers.passwords)


@asynccontextmanager
async def _connected(url: str, ca: Path | None) -> AsyncIterator[Client]:
    client = await connect(url, ca)
    try:
        yield client
    finally:
        await client.close()


async def _nobody_works(at: Reached) -> None:
    await nobody_reads(at.client)
    if roles := await database.at_work(at.admin):
        raise CommandError(f"{', '.join(roles)} still work on the database: stop the services first")


async def _feed_goes_on(at: Reached, saved: tuple[SavedStream, ...]) -> None:
    """Tell the feed that its stream has another creation and goes on, where all it had copied is there."""
    [before] = [one for one in saved if one.name == OUTCOMES.name]
    created = (await at.client.jetstream().stream_info(OUTCOMES.name)).created
    if created is None or not await database.provisioned(at.admin):
        return
    async with open_pool(at.admin, INGEST.schema, size=2) as pool:
        _, last = before.snapshot.extent
        await FeedStore(pool).goes_on(before.created, created, last)
