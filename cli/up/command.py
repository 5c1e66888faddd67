"""`docwatch up`: everything on this machine, until Ctrl-C or, with `--once`, until all is told."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from cli.errors import CommandError
from cli.installation.local import ensure_secrets
from cli.installation.servers import Servers, open_servers
from cli.installation.stack import Addresses, Stack, check_ports
from cli.installation.supervisor import Supervisor
from cli.publish.ingest_client import IngestClient
from cli.settings import LocalSettings, base_url
from cli.up.books import Books, wait_until_balanced
from cli.up.bots import public_names
from cli.up.office import Office, sample_key
from cli.up.player import Phones, Player
from cli.up.sample_staff import SampleStaff, no_sample_staff, sample_staff
from cli.up.simulated_staff import have_staff_answer
from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from contracts.channels import WEB
from contracts.services import SERVICES
from runtime.clock import SystemClock
from runtime.embedded import EmbeddedError
from sandbox.agency.month import Options
from sandbox.agency.stored import StoredMonth
from sandbox.clients.telegram import sandbox_client
from sandbox.clients.viber import viber_client

LINKS_SHOWN = 5


@dataclass(frozen=True)
class Sample:
    """How much of an agency's life to play, and how fast: `seconds` is the length of the whole month."""

    seed: int = 1
    applications: int = 200
    citizens: int = 150
    seconds: float = 150.0


@dataclass(frozen=True)
class Installation:
    """What runs now; `bots` are the bots' public names by channel, `staff` is who works at the desk there."""

    addresses: Addresses
    servers: Servers
    supervisor: Supervisor
    player: Player | None
    stored: StoredMonth | None
    catalogue: Catalogue
    bots: Mapping[str, str]
    staff: SampleStaff | None = None


Tell = Callable[[str], None]


@asynccontextmanager
async def installation(
    settings: LocalSettings, sample: Sample | None, tell: Tell
) -> AsyncIterator[Installation]:
    """Start everything and take it down again in order, leaving no process behind."""
    clock = SystemClock()
    check_ports(settings)
    catalogue = _catalogue(settings)
    bots = await public_names(settings, catalogue.agency)
    values = ensure_secrets(settings.folder, tell)
    async with AsyncExitStack() as stack:
        tell("starting NATS and PostgreSQL")
        try:
            servers = await stack.enter_async_context(open_servers(settings, values, clock, tell))
        except EmbeddedError as error:
            raise CommandError(str(error)) from None
        await servers.provision()
        tell(f"starting {', '.join(SERVICES)}")
        supervisor = Supervisor(clock, tell)
        stack.push_async_callback(supervisor.stop)
        key = await sample_key(servers.databases["ingest"], settings.folder, values)
        page = catalogue.agency.channel(WEB.code) is not None
        addresses = await Stack(settings, values, servers, supervisor).start(bots, key, page=page)
        staff = await _staff(settings, servers)
        if sample is not None and settings.sandboxed and settings.door_url is not None:
            here = base_url(settings.host, settings.desk_port)
            await have_staff_answer(settings.folder, servers.databases["desk"], here, supervisor)
        player, stored = None, None
        if sample is not None:
            playing = sample_player(settings, sample, servers, addresses, catalogue=catalogue, tell=tell)
            player, stored = await stack.enter_async_context(playing)
        try:
            yield Installation(addresses, servers, supervisor, player, stored, catalogue, bots, staff)
        finally:
            tell("stopping")


@asynccontextmanager
async def sample_player(
    settings: LocalSettings,
    sample: Sample,
    servers: Servers,
    addresses: Addresses,
    *,
    catalogue: Catalogue,
    tell: Tell,
) -> AsyncIterator[tuple[Player, StoredMonth]]:
    """Make what plays the sample agency's month against services that run."""
    async with AsyncExitStack() as stack:
        phones = None
        if addresses.phone is not None:
            telegram = await stack.enter_async_context(sandbox_client(addresses.phone))
            phones = Phones(telegram, await stack.enter_async_context(viber_client(addresses.phone)))
        key = await sample_key(servers.databases["ingest"], settings.folder, ensure_secrets(settings.folder))
        client = await stack.enter_async_context(IngestClient(addresses.ingest, key))
        options = Options(
            until=datetime.now(UTC).replace(microsecond=0),
            seed=sample.seed,
            applications=sample.applications,
            citizens=sample.citizens,
        )
        stored = await asyncio.to_thread(StoredMonth, settings.folder / "sample", catalogue, options)
        yield Player(stored, catalogue, Office(client, tell), phones, clock=SystemClock(), tell=tell), stored


async def _staff(settings: LocalSettings, servers: Servers) -> SampleStaff | None:
    """Have somebody at the desk beside simulated messengers; beside real ones only those who were added."""
    folder, database = settings.folder, servers.databases["desk"]
    if not settings.sandboxed or settings.door_url is None:
        await no_sample_staff(folder, database)
        return None
    here = base_url(settings.host, settings.desk_port)
    return await sample_staff(folder, database, settings.door_url, here)


def _catalogue(settings: LocalSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue)
    except CatalogueError as error:
        raise CommandError(f"the catalogue is not fit:\n{error}") from None


async def run_once(settings: LocalSettings, sample: Sample, tell: Tell) -> Books:
    """Play the whole sample as fast as it goes, wait until every notice has its end, return the books."""
    async with installation(settings, sample, tell) as running:
        if running.player is None or running.stored is None:
            raise CommandError("there is no sample to play")
        tell("playing the sample agency's month")
        await running.player.prepare()
        await running.player.play(0.0)
        tell("waiting until every notice has its end")
        return await wait_until_balanced(running.servers, running.stored, running.catalogue, SystemClock())


async def run_until_stopped(
    settings: LocalSettings, sample: Sample | None, tell: Tell, ready: Callable[[Installation], None]
) -> None:
    """Run until Ctrl-C, SIGTERM or the end of the terminal, playing the sample meanwhile."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings, sample, tell, ready))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (serving, stopping):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _serve(
    settings: LocalSettings, sample: Sample | None, tell: Tell, ready: Callable[[Installation], None]
) -> None:
    async with installation(settings, sample, tell) as running:
        ready(running)
        if running.player is not None and sample is not None:
            await _play(running, running.player, sample, tell)
        await asyncio.Event().wait()


async def _play(running: Installation, player: Player, sample: Sample, tell: Tell) -> None:
    try:
        await player.prepare()
        if running.addresses.phone is None:
            tell("follow some of the sample's documents with your own messenger:")
            for printed in tuple(player.printed.values())[:LINKS_SHOWN]:
                tell(f"  {printed.link}")
        tell("playing the sample agency's month")
        await player.play(sample.seconds)
        tell("the month is played; everything goes on running until Ctrl-C")
    except CommandError as error:
        tell(f"the sample stopped: {error}")
