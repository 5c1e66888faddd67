"""Who sends: the other one within ten seconds, whatever became of the first; and who listens: any of them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
import nats
import pytest
from nats.aio.client import Client

from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import Notice, NoticeKind
from contracts.streams import NOTIFIER_NOTICES
from runtime.database.postgres import OwnConnection
from runtime.embedded import ports
from sandbox.clients.telegram import SandboxClient
from tests.conftest import Databases
from tests.faults.notifiers import (
    HOST,
    Notifiers,
    on_record,
    people,
    publish,
    simulated_telegram,
    surroundings,
)
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]
TAKE_OVER_SECONDS = 10.0
CITIZENS = 10


def notice(person: RecipientId) -> Notice:
    """Return a notice about a document of its own."""
    now = datetime.now(UTC)
    return Notice(
        notice_id=NoticeId(uuid4()),
        kind=NoticeKind.ADVANCE,
        revision=1,
        publisher=Publisher("owner"),
        event_id=EventId("e1"),
        subscription_id=SubscriptionId(uuid4()),
        recipient_id=person,
        document_type="foreign_passport",
        masked="…123",
        stage="verification",
        occurred_at=now,
        accepted_at=now,
        created_at=now,
    )


@dataclass
class Stage:
    """Notifiers beside a simulated Telegram."""

    notifiers: Notifiers
    sandbox: SandboxClient
    client: Client
    database: OwnConnection
    citizens: Sequence[int]
    recipients: Sequence[RecipientId]

    async def tell(self, count: int = 1) -> None:
        """Publish notices and wait until all are accepted."""
        told = [notice(person) for person in self.recipients[:count]]
        await publish(self.client, told)
        query = "SELECT count(*) = $2 FROM notifier.delivery WHERE id = ANY ($1) AND state = 'accepted'"
        ids = [one.notice_id for one in told]
        await until(lambda: self.database.fetchval(query, ids, count), within=60)

    async def told_without(self, begun: float) -> float:
        """Return how long after `begun`, when the owner came to harm, somebody is told of a notice."""
        # A pull that the owner left behind lasts a second, and a notice given to it waits for its redelivery.
        await until(self.nobody_pulls)
        await self.tell()
        return asyncio.get_running_loop().time() - begun

    async def nobody_pulls(self) -> bool:
        """Tell whether no pull for notices waits at the server."""
        consumer = NOTIFIER_NOTICES
        found = await self.client.jetstream().consumer_info(consumer.stream, consumer.durable)
        return not found.num_waiting

    async def let_go(self, pid: int) -> bool:
        """Tell whether no lease names a process any more."""
        query = (
            "SELECT count(*) = 0 FROM notifier.lease WHERE holder LIKE $1 AND expires_at > clock_timestamp()"
        )
        return bool(await self.database.fetchval(query, f"%:{pid}:%"))

    async def noticed(self) -> bool:
        """Tell whether a process noticed that it does not send any more."""
        lines = await asyncio.to_thread(self.notifiers.log.read_text)
        return any("lease lost" in line and '"role": "telegram:' in line for line in lines.splitlines())

    async def shown(self) -> int:
        """Return how many messages the phones show in all."""
        return sum([one["from"] == "bot" for one in await self.sandbox.all_messages()])


async def up(port: int) -> bool:
    """Tell whether a notifier is ready."""
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"http://{HOST}:{port}/readyz") as response:
                return response.ok
        except aiohttp.ClientConnectionError:
            return False


@asynccontextmanager
async def stage(databases: Databases, nats_url: str, folder: Path, **settings: str) -> AsyncIterator[Stage]:
    """Start a notifier and wait until it sends."""
    async with simulated_telegram(1000, 1000, folder / "telegram.log") as (url, sandbox):
        citizens = await people(sandbox, url, CITIZENS)
        recipients = await on_record(databases.url("notifier"), citizens)
        environment = surroundings(nats_url, databases.url("notifier"), url, **settings)
        notifiers = Notifiers(environment, databases.admin, folder / "notifier.log")
        client, database = await nats.connect(nats_url), await asyncpg.connect(databases.admin)
        try:
            await notifiers.start()
            await notifiers.owner()
            yield Stage(notifiers, sandbox, client, database, citizens, recipients)
        finally:
            await notifiers.end()
            await client.close()
            await database.close()


async def test_the_other_sends_within_ten_seconds(
    databases: Databases, nats_url: str, tmp_path: Path
) -> None:
    """After kill -9, SIGSTOP and SIGTERM alike; the stopped one, continued, sends nothing more."""
    clock, took = asyncio.get_running_loop().time, {}
    async with stage(databases, nats_url, tmp_path) as found:
        notifiers, port = found.notifiers, ports.pick(HOST)
        await notifiers.start(port)
        await until(lambda: up(port), within=60)
        begun = clock()
        await notifiers.strike(kill=True)
        took["SIGKILL"] = await found.told_without(begun)
        stopped, begun = await notifiers.owner(), clock()
        os.kill(stopped, signal.SIGSTOP)
        took["SIGSTOP"] = await found.told_without(begun)
        owner = await notifiers.owner()
        token = await found.database.fetchval("SELECT max(token) FROM notifier.attempt")
        os.kill(stopped, signal.SIGCONT)
        await found.tell(CITIZENS)
        await until(found.noticed)
        await found.tell(CITIZENS)
        tokens = await found.database.fetch(
            "SELECT DISTINCT token FROM notifier.attempt WHERE token >= $1", token
        )
        shown = await found.shown()
        process, begun = notifiers.processes.pop(owner), clock()
        process.terminate()
        status = await asyncio.wait_for(process.wait(), TAKE_OVER_SECONDS)
        nothing_left = await found.let_go(owner)
        await found.tell()
        took["SIGTERM"] = clock() - begun

    assert [token] == [row["token"] for row in tokens]
    assert 2 + 2 * CITIZENS == shown
    assert (0, True) == (status, nothing_left)
    assert max(took.values()) <= TAKE_OVER_SECONDS, took
    assert took["SIGTERM"] <= TAKE_OVER_SECONDS / 2, took


async def test_any_replica_takes_what_is_posted(databases: Databases, nats_url: str, tmp_path: Path) -> None:
    """With a webhook the standby takes what citizens write, in order, and the owner sends the answers."""
    port, ops = ports.pick(HOST), ports.pick(HOST)
    hook = {"TELEGRAM_WEBHOOK_URL": f"http://{HOST}:{port}", "TELEGRAM_WEBHOOK_SECRET": "given-secret"}
    async with stage(databases, nats_url, tmp_path, **hook) as found:
        owner, taker = await found.notifiers.owner(), await found.notifiers.start(ops, port)
        await until(lambda: up(ops), within=60)
        citizen = found.citizens[0]
        for text in ("/status", "/settings", "/help"):
            await found.sandbox.say(citizen, text)

        async def answered() -> bool:
            return await found.shown() >= 3

        await until(answered)
        takers = await found.database.fetch(
            "SELECT update_id FROM notifier.handled_update ORDER BY handled_at"
        )
        sending = await found.notifiers.owner()

    numbers = [row["update_id"] for row in takers]
    assert 3 == len(set(numbers))
    assert sorted(numbers) == numbers
    assert taker != owner == sending
