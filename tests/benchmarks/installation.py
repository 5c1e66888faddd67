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


@dataclass(frozen=True)
class Installation:
    """What runs: the servers, the process id of every part and the port of those with one."""

    servers: Servers
    people: Sequence[Person]
    secret: str = field(repr=False)
    pids: Mapping[str, int]
    ports: Mapping[str, int]

    def url(self, name: str) -> str:
        """The HTTP address of a part."""
        return f"http://127.0.0.1:{self.ports[name]}"

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
    database: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Installation]:
    """Run everything with so many people, each of whom follows one application; `raw`: by `way_raw`.

    `database` are settings of PostgreSQL.
    """
    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(servers(sync_always=sync_always, **database))
        here = town.people(people)
        own = found.settings("notifier")
        keys = town.Keys(own["ENCRYPTION_KEYS"], own["PEPPER"])
        await town.settle(found.databases.admin, CATALOGUE, keys, here)
        async with open_pool(found.databases.url("ingest"), "ingest", size=2) as pool:
            _, secret = await create_key(pool, PUBLISHER, list(Scope))
        at = {name: ports.pick("127.0.0.1") for name in ("messenger", *SERVICES)}
        pids = {"messenger": await stack.enter_async_context(messenger(at["messenger"]))}
        more = {
            "TELEGRAM_API_URL": f"http://127.0.0.1:{at['messenger']}",
            "TELEGRAM_TOKEN": SandboxSettings().bot_token,
            **settings,
        }
        for name in SERVICES:
            log = found.home / f"{name}.log"
            own = found.settings(name, **more)
            running = _lean(name, own, at[name], log) if raw else service(name, own, at[name], log=log)
            pids[name] = await stack.enter_async_context(running)
        pids |= {"nats": found.nats.pid, "postgres": found.postgres.pid}
        yield Installation(found, here, secret, pids, at)
