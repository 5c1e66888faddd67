"""Several processes of each service, and a proxy on every line between two parts, while a month is played."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cli.installation.local import ensure_secrets
from cli.installation.servers import Servers, open_servers
from cli.installation.stack import Addresses, Stack
from cli.installation.supervisor import Supervisor
from cli.settings import LocalSettings, local_settings
from cli.up.bots import public_names
from cli.up.command import Installation, Sample, sample_player
from contracts.catalogue import load_catalogue
from contracts.services import SERVICES
from runtime.clock import SystemClock
from runtime.embedded import ports
from tests.faults.harness import Harness
from tests.faults.proxy import Proxy, lines_to, proxied

HOST = "127.0.0.1"
WRONG_CLOCK = Path(__file__).parent / "wrong_clock"
NONE: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Fleet:
    """What runs: where operators ask each process, and the line from each process to each part it needs."""

    harness: Harness
    processes: Mapping[str, str]
    lines: Mapping[str, Proxy]


@asynccontextmanager
async def fleet(
    sample: Sample,
    *,
    replicas: int = 2,
    offsets: Mapping[str, float] = NONE,
    history: list[str] | None = None,
) -> AsyncIterator[Fleet]:
    """Start so many processes of each service as the environment says, ready to play a month.

    `offsets` says by how many seconds the wall clock of a process, such as `tracker-1`, is wrong. What
    happens is added to `history`.
    """
    settings, clock, history = local_settings(), SystemClock(), [] if history is None else history
    values = ensure_secrets(settings.folder)
    catalogue = load_catalogue(settings.catalogue)
    bots = await public_names(settings, catalogue.agency)
    edges = [(HOST, ports.pick(HOST)) for _ in range(replicas)]
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(open_servers(settings, values, clock, history.append))
        await servers.provision()
        supervisor = Supervisor(clock, history.append)
        stack.push_async_callback(supervisor.stop)
        programs = Stack(settings, values, servers, supervisor)
        await programs.start_phone(bots)
        processes, doors, lines = dict[str, str](), list[tuple[str, int]](), dict[str, Proxy]()
        edge = lines["citizens to notifier"] = await stack.enter_async_context(proxied(*edges))
        public_url = {"DOCWATCH_PUBLIC_URL": f"http://{HOST}:{edge.address[1]}"}
        for service in SERVICES:
            for number in range(1, replicas + 1):
                name, port, ops = f"{service}-{number}", ports.pick(HOST), ports.pick(HOST)
                changes = own_ports(service, port, ops) | _clock(offsets.get(name, 0.0)) | public_url
                changes["DOCWATCH_PUBLIC_PORT"] = str(edges[number - 1][1])
                for variable, (part, url) in _needs(service, servers, settings).items():
                    through, found = await stack.enter_async_context(lines_to(url))
                    changes[variable] = through
                    several = ["", *(f" {number}" for number in range(2, len(found) + 1))]
                    lines |= {
                        f"{name} to {part}{suffix}": one for suffix, one in zip(several, found, strict=True)
                    }
                await programs.start_service(service, bots, name=name, changes=changes)
                processes[name] = f"http://{HOST}:{ops}"
                if service == "ingest":
                    doors.append((HOST, port))
        for name, url in processes.items():
            await programs.ready(name, url)
        front = await stack.enter_async_context(proxied(*doors))
        addresses = Addresses(
            ingest=f"http://{HOST}:{front.address[1]}",
            phone=f"http://{HOST}:{settings.phone_port}",
            ops={service: processes[f"{service}-1"] for service in SERVICES},
        )
        playing = sample_player(
            settings, sample, servers, addresses, catalogue=catalogue, tell=history.append
        )
        player, stored = await stack.enter_async_context(playing)
        await player.prepare()
        running = Installation(addresses, servers, supervisor, player, stored, catalogue, bots)
        yield Fleet(Harness(running, settings, history), processes, {**lines, "back office to ingest": front})


def own_ports(service: str, port: int, ops: int) -> dict[str, str]:
    """Return what has a process listen at ports of its own, for the world and for operators."""
    prefix = f"DOCWATCH_{service.upper()}"
    public = ports.pick(HOST) if service == "notifier" else 0
    return {
        f"{prefix}_PORT": str(port),
        f"{prefix}_OPS_PORT": str(ops),
        "DOCWATCH_PUBLIC_PORT": str(public),
    }


def _clock(seconds: float) -> dict[str, str]:
    """Return what makes the clock of a process wrong by so much; nothing for a clock that is right."""
    if not seconds:
        return {}
    root = Path(__file__).parents[2]
    return {"PYTHONPATH": f"{WRONG_CLOCK}:{root}", "WRONG_CLOCK_SECONDS": str(seconds)}


def _needs(service: str, servers: Servers, settings: LocalSettings) -> dict[str, tuple[str, str]]:
    """Return by the variable that names it to what a service's process is led, and its address."""
    needs = {
        "DOCWATCH_NATS_URL": ("nats", servers.nats[service]),
        "DOCWATCH_DATABASE_URL": ("postgresql", servers.databases[service]),
    }
    if service == "notifier":
        phone = f"http://{HOST}:{settings.phone_port}"
        needs["DOCWATCH_TELEGRAM_API_URL"] = ("telegram", phone)
        needs["DOCWATCH_VIBER_API_URL"] = ("viber", f"{phone}/viber")
    return needs
