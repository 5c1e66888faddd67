"""Processes of a release and of today on the same servers, each taking the other's place under load."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cli.installation.local import ensure_secrets, write_secrets
from cli.installation.servers import open_servers
from cli.installation.stack import Addresses, Stack
from cli.installation.supervisor import Supervisor
from cli.settings import local_settings
from cli.up.command import Installation, Sample, sample_player
from cli.up.office import SAMPLE_PUBLISHER
from contracts.catalogue import load_catalogue
from contracts.services import SERVICES
from runtime.clock import SystemClock
from runtime.embedded import ports
from tests.corpus import releases
from tests.faults.fleet import HOST, own_ports
from tests.faults.harness import Harness
from tests.faults.proxy import Proxy, proxied

TOLD = "SELECT count(*) FROM notifier.delivery WHERE kind = 'notice' AND state = 'accepted'"
FEW = 5
"""So many more people told show that the way is whole."""


@dataclass
class Upgrade:
    """What runs: of each service a process of the release before, or of today, or one of both."""

    old: Path
    harness: Harness
    programs: Stack
    front: Proxy
    asked: dict[str, int] = field(default_factory=dict)

    async def flows(self) -> None:
        """Wait until some more people were told: the way through all that runs now is whole."""
        await self.harness.until(TOLD, await self.harness.count(TOLD) + FEW)

    async def start(self, service: str, version: str) -> None:
        """Start a process of a version and wait until it is ready; back offices come to it from now on."""
        name, port, ops = f"{service}-{version}", ports.pick(HOST), ports.pick(HOST)
        changes = own_ports(service, port, ops)
        if version == "old":
            changes |= of_the_release(self.old)
        await self.programs.start_service(service, self.harness.running.bots, name=name, changes=changes)
        self.asked[name] = ops if version == "new" or apart(self.old) else port
        await self.ready(service, version)
        if service == "ingest":
            self.front.turn((HOST, port))
        self.note(f"{name} has started")

    async def ready(self, service: str, version: str) -> None:
        """Wait until a process is ready."""
        name = f"{service}-{version}"
        await self.programs.ready(name, f"http://{HOST}:{self.asked[name]}")

    async def stop(self, service: str, version: str) -> None:
        """Stop a process in order."""
        await self.harness.running.supervisor.stop(f"{service}-{version}")
        self.note(f"{service}-{version} has stopped")

    def note(self, what: str) -> None:
        """Write down what was done and when."""
        self.harness.history.append(f"{datetime.now(UTC):%H:%M:%S} {what}")


def apart(old: Path) -> bool:
    """Tell whether a release has a listener for operators; before, they were answered where the world was."""
    return (old / "runtime" / "bounded.py").exists() or (old / "runtime" / "process").is_dir()


def of_the_release(old: Path) -> dict[str, str]:
    """Return the environment of a process of the release: its code, and the catalogue that it can read."""
    return {
        **releases.environment(old),
        "DOCWATCH_CATALOGUE": str(old / "sandbox" / "agency" / "catalogue"),
    }


async def _by_the_release(old: Path, *arguments: str, more: Mapping[str, str] | None = None) -> str:
    return await asyncio.to_thread(releases.run, old, ["-m", "cli", *arguments], more)


@asynccontextmanager
async def upgrade(old: Path, sample: Sample) -> AsyncIterator[Upgrade]:
    """Provision by the release and start its processes, one of each service, ready to play a month."""
    settings, clock, history = local_settings(), SystemClock(), list[str]()
    values = ensure_secrets(settings.folder)
    catalogue = load_catalogue(settings.catalogue)
    # The release knows no other messenger.
    bots = {"telegram": catalogue.agency.public_name("telegram") or ""}
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(open_servers(settings, values, clock, history.append))
        passwords = {f"DOCWATCH_{name.upper()}_PASSWORD": word for name, word in servers.passwords.items()}
        await _by_the_release(old, "provision", more=passwords)
        made = await _by_the_release(old, "keys", "create", "--publisher", SAMPLE_PUBLISHER, "--json")
        values = {**values, "LOCAL_SAMPLE_KEY": json.loads(made)["key"]}
        write_secrets(settings.folder, values)
        supervisor = Supervisor(clock, history.append)
        stack.push_async_callback(supervisor.stop)
        programs = Stack(settings, values, servers, supervisor)
        await programs.start_phone(bots)
        front = await stack.enter_async_context(proxied((HOST, settings.ingest_port)))
        phone = f"http://{HOST}:{settings.phone_port}"
        addresses = Addresses(f"http://{HOST}:{front.address[1]}", phone, {})
        playing = sample_player(
            settings, sample, servers, addresses, catalogue=catalogue, tell=history.append
        )
        player, stored = await stack.enter_async_context(playing)
        running = Installation(addresses, servers, supervisor, player, stored, catalogue, bots)
        found = Upgrade(old, Harness(running, settings, history), programs, front)
        # A service that is new today is no part of the release.
        for service in (one for one in SERVICES if (old / "services" / one).is_dir()):
            await found.start(service, "old")
        await player.prepare()
        yield found
