"""The whole installation as processes, to be measured: people who follow, all services, a bare messenger."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import aiohttp

from runtime.database.postgres import open_pool
from runtime.embedded import ports
from sandbox.clients.telegram import wait_until_up
from sandbox.settings import SandboxSettings
from services.ingest.keys.api_keys import Scope, create_key
from tests.benchmarks import town
from tests.benchmarks.kit import CATALOGUE, Servers, process, servers, service
from tests.benchmarks.town import PUBLISHER, Person

LIFTED: Mapping[str, str] = MappingProxyType(
    {
        "RATE_GLOBAL": "10000",
        "RATE_CHAT": "1000",
        "QUIET_HOURS": "false",
        "BRAKE_EVENTS": "1000000000",
        "BRAKE_STAGE_EVENTS": "1000000000",
        "KEY_RATE": "1000000",
        "LOG_LEVEL": "WARNING",
    }
)
"""Settings that take the messenger's limits and the guards against floods out of the way."""
SERVICES = ("tracker", "notifier", "ingest")
SECOND_TOKEN = "7000000002:the-bare-messenger-knows-every-token-0001"  # noqa: S105 - the messenger is bare


@dataclass(frozen=True)
class Installation:
    """What runs: the servers, the process id of every part and the port of those with one."""

    servers: Servers
    people: Sequence[Person]
    secret: str = field(repr=False)
    pids: dict[str, int]
    ports: dict[str, int]
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    def url(self, name: str) -> str:
        """The HTTP address of a part."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def named(self, name: str, number: int) -> str:
        """Return the name of the first, second ... process of a service, as in `pids` and `ports`."""
        return name if number == 1 else f"{name}-{number}"

    @asynccontextmanager
    async def more(self, each: int) -> AsyncIterator[None]:
        """Run so many processes of each service, with those that run anyhow, for the length of the block."""
        async with AsyncExitStack() as stack:
            for name in SERVICES:
                for number in range(2, each + 1):
                    own = self.named(name, number)
                    self.ports[own] = ports.pick("127.0.0.1")
                    settings = {**self.settings, "PUBLIC_PORT": str(ports.pick("127.0.0.1"))}
                    told = self.servers.settings(name, **settings)
                    log = self.servers.home / f"{own}.log"
                    running = service(name, told, self.ports[own], log=log)
                    self.pids[own] = await stack.enter_async_context(running)
            yield

    async def told(self, client: aiohttp.ClientSession) -> int:
        """Return how many messages the messenger has taken."""
        async with client.get(f"{self.url('messenger')}/count") as answer:
            return int(await answer.text())

    async def arrivals(self, client: aiohttp.ClientSession, first: int) -> list[tuple[int, float]]:
        """Return chat and instant (monotonic seconds) of each message from the `first` on."""
        async with client.get(f"{self.url('messenger')}/arrivals?from={first}") as answer:
            return [(chat, at) for chat, at in await answer.json()]


@asynccontextmanager
async def messenger(port: int) -> AsyncIterator[int]:
    """Run the bare messenger; yield its pid."""
    command = (sys.executable, "-m", "tests.benchmarks.messenger", str(port))
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await wait_until_up(f"http://127.0.0.1:{port}", 20)
        yield process.pid
    finally:
        process.kill()
        await process.wait()


def _lean(name: str, settings: Mapping[str, str], port: int, log: Path) -> AbstractAsyncContextManager[int]:
    given = {f"DOCWATCH_{key}": value for key, value in settings.items()}
    url = f"http://127.0.0.1:{port}/"
    return process("tests.benchmarks.way_raw", name, str(port), settings=given, url=url, log=log)


@asynccontextmanager
async def installation(
    people: int,
    *,
    sync_always: bool = False,
    settings: Mapping[str, str] = LIFTED,
    raw: bool = False,
    accounts: Sequence[str] = town.ACCOUNTS[:1],
) -> AsyncIterator[Installation]:
    """Run everything with so many people, each of whom follows one application, by turns at the accounts.

    With `raw` it is `way_raw` that runs.
    """
    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(servers(sync_always=sync_always))
        here = town.people(people)
        own = found.settings("notifier")
        keys = town.Keys(own["ENCRYPTION_KEYS"], own["PEPPER"])
        await town.settle(found.databases.admin, CATALOGUE, keys, here, accounts)
        async with open_pool(found.databases.url("ingest"), "ingest", size=2) as pool:
            _, secret = await create_key(pool, PUBLISHER, list(Scope))
        at = {name: ports.pick("127.0.0.1") for name in ("messenger", *SERVICES)}
        pids = {"messenger": await stack.enter_async_context(messenger(at["messenger"]))}
        more = {
            "TELEGRAM_API_URL": f"http://127.0.0.1:{at['messenger']}",
            "TELEGRAM_TOKEN": SandboxSettings().bot_token,
            **({"TELEGRAM_SECOND_TOKEN": SECOND_TOKEN} if len(accounts) > 1 else {}),
            **settings,
        }
        for name in SERVICES:
            log = found.home / f"{name}.log"
            own = found.settings(name, **more)
            running = _lean(name, own, at[name], log) if raw else service(name, own, at[name], log=log)
            pids[name] = await stack.enter_async_context(running)
        pids |= {"nats": found.nats.pid, "postgres": found.postgres.pid}
        yield Installation(found, here, secret, pids, at, more)
