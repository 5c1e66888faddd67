"""Notifiers as processes beside a simulated Telegram, and the hand that kills or stops whichever sends."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
from nats.aio.client import Client

from cli.settings import SAMPLE_CATALOGUE
from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from contracts.streams import NOTICE_SUBJECT
from runtime.database.postgres import open_pool, transaction
from runtime.embedded import ports
from runtime.keyring import KeyRing, parse_keys
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from sandbox.clients.telegram import SandboxClient, sandbox_client, wait_until_up
from sandbox.settings import BotSettings, SandboxSettings
from services.notifier.recipients.addresses import PURPOSE, Recipients
from tests.waiting import until

HOST = "127.0.0.1"
KEYS = f"1:{bytes(32).hex()}"
TOKEN = SandboxSettings().bot_token


async def _start(module: str, *arguments: str, environment: Mapping[str, str], log: Path) -> Process:
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, env=environment, stdin=DEVNULL, stdout=file, stderr=file
        )


@asynccontextmanager
async def simulated_telegram(
    rate: float, chat_rate: float, log: Path, *, further: Sequence[BotSettings] = ()
) -> AsyncIterator[tuple[str, SandboxClient]]:
    """Run the simulator as a process of its own, in memory; hand out its address and a client.

    `further` are more bots than the first one.
    """
    port = str(ports.pick(HOST))
    url = f"http://{HOST}:{port}"
    rates = ("--global-rate", str(rate), "--chat-rate", str(chat_rate))
    more = [word for bot in further for word in ("--further-bot", bot.token, bot.username)]
    process = await _start("sandbox", "--port", port, *rates, *more, environment=dict(os.environ), log=log)
    try:
        await wait_until_up(url, 60)
        async with sandbox_client(url) as client:
            yield url, client
    finally:
        process.kill()
        await process.wait()


def surroundings(nats_url: str, database: str, telegram: str, **more: str) -> dict[str, str]:
    """Return the environment of a notifier; `more` are further settings without their prefix."""
    settings = {
        "NATS_URL": nats_url,
        "DATABASE_URL": database,
        "CATALOGUE": str(SAMPLE_CATALOGUE),
        "ENCRYPTION_KEYS": KEYS,
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram,
        "QUIET_HOURS": "false",
    }
    return {**os.environ, **{f"DOCWATCH_{name}": value for name, value in (settings | more).items()}}


async def people(sandbox: SandboxClient, url: str, count: int, token: str = TOKEN) -> list[int]:
    """Make citizens who have started a bot; nothing of that waits to be fetched."""
    places = asyncio.Semaphore(32)

    async def begin(number: int) -> int:
        async with places:
            citizen = await sandbox.create_citizen(f"Citizen {number}", "uk")
            await sandbox.say(citizen, "/start")
            return citizen

    citizens = await asyncio.gather(*(begin(number) for number in range(count)))
    async with aiohttp.ClientSession() as session:
        await session.post(f"{url}/bot{token}/deleteWebhook", json={"drop_pending_updates": True})
    return citizens


async def on_record(database: str, citizens: Sequence[int], account: str = "telegram") -> list[RecipientId]:
    """Put citizens on a notifier's record as people of an account who have consented."""
    ring, found = Recipients(account, KeyRing(parse_keys(KEYS), PURPOSE)), []
    now = datetime.now(UTC)
    async with open_pool(database, "notifier") as pool, transaction(pool) as connection:
        for citizen in citizens:
            person = (await ring.put(connection, None, str(citizen), now)).recipient_id
            await ring.consent(connection, person, now, 1, "uk")
            found.append(person)
    return found


async def publish(client: Client, told: Sequence[Notice]) -> None:
    """Put notices on the stream in order."""
    publisher = StreamWriter(client)
    for start in range(0, len(told), 500):
        batch = [
            Outgoing(NOTICE_SUBJECT, str(one.notice_id), one.encoded()) for one in told[start : start + 500]
        ]
        assert all(isinstance(result, Stored) for result in await publisher.publish(batch))


@dataclass
class Notifiers:
    """Two or more replicas; the lease of an account says which one sends through it.

    `edges` are the ports of the public edge, where there is one: each replica takes a free one.
    """

    environment: Mapping[str, str]
    admin: str
    log: Path
    processes: dict[int, Process] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    _edge_of: dict[int, int] = field(default_factory=dict)

    async def start(
        self, ops: int | None = None, port: int | None = None, changes: Mapping[str, str] | None = None
    ) -> int:
        """Start one more, on ports of its own for operators and for the messenger; return its process id.

        `changes` are settings of its own, without their prefix.
        """
        numbers = {
            "DOCWATCH_NOTIFIER_OPS_PORT": str(ops or ports.pick(HOST)),
            "DOCWATCH_NOTIFIER_PORT": str(port or ports.pick(HOST)),
        }
        edge = self.edges.pop() if self.edges else None
        if edge is not None:
            numbers["DOCWATCH_PUBLIC_PORT"] = str(edge)
        own = {f"DOCWATCH_{name}": value for name, value in (changes or {}).items()}
        environment = {**self.environment, **numbers, **own}
        process = await _start("services.notifier", environment=environment, log=self.log)
        self.processes[process.pid] = process
        if edge is not None:
            self._edge_of[process.pid] = edge
        return process.pid

    async def owner(self, account: str = "telegram") -> int:
        """Return the process that sends through an account, once one of ours does."""
        connection = await asyncpg.connect(self.admin)
        query = (
            "SELECT holder FROM notifier.lease"
            " WHERE split_part(role, ':', 1) = $1 AND expires_at > clock_timestamp()"
        )

        async def ours() -> int | None:
            holder = await connection.fetchval(query, account)
            pid = int(str(holder or "::0:").split(":")[-2])
            return pid if pid in self.processes else None

        try:
            return await until(ours, within=60) or 0
        finally:
            await connection.close()

    async def strike(self, *, kill: bool, account: str = "telegram") -> None:
        """Kill an account's owner with -9 and start another, or stop it until it is no longer the owner."""
        pid = await self.owner(account)
        self.history.append(f"{'SIGKILL' if kill else 'SIGSTOP'} {account}")
        if kill:
            process = self.processes.pop(pid)
            process.kill()
            await process.wait()
            if pid in self._edge_of:
                self.edges.append(self._edge_of.pop(pid))
            await self.start()
            return

        async def succeeded() -> bool:
            return await self.owner(account) != pid

        os.kill(pid, signal.SIGSTOP)
        await until(succeeded, within=60, every=0.1)
        os.kill(pid, signal.SIGCONT)

    def check(self) -> None:
        """Fail where one ended by itself."""
        ended = {pid: process.returncode for pid, process in self.processes.items() if process.returncode}
        assert not ended, f"notifiers ended by themselves: {ended}; see {self.log}"

    async def end(self) -> None:
        """Kill what runs."""
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
            await process.wait()
