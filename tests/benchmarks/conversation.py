"""How soon people get their first answer while pushes run: `python -m tests.benchmarks.conversation`.

The whole installation on this machine with the simulated Telegram: so many citizens a second write and ask,
as people do, each from a phone of their own, while notices go out to others. Prints how long it took from the
message on the phone to the first answer on the same phone.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import nats
import pytest

from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import Notice, NoticeKind
from runtime.clock import SystemClock
from sandbox.clients.telegram import SandboxClient, sandbox_client
from tests.benchmarks.kit import p99
from tests.faults.harness import Harness, harness, prepared
from tests.faults.notifiers import publish
from tests.waiting import until

WORDS = ("/status", "where is my passport", "when will it be ready", "/help", "/hours", "что взять с собой")
COMMANDS = ("/history", "/settings", "/zone", "дякую", "AB12-CD34-EF56-7", "/privacy")
FOLLOWERS = 5
PUSH_BATCH = 0.2


@dataclass
class Phones:
    """Everybody's phone, watched: when a message from the bot first came after somebody wrote."""

    client: SandboxClient
    waiting: dict[int, deque[asyncio.Future[float]]] = field(default_factory=lambda: defaultdict(deque))

    async def watch(self, url: str, open_: asyncio.Event) -> None:
        """Read what the phones show as it comes."""
        endless = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=endless) as session,
            session.get(f"{url}/phone/api/stream") as stream,
        ):
            open_.set()
            async for line in stream.content:
                if line.startswith(b"data: ") and b'"from"' in line:
                    self._shown(json.loads(line[6:]))

    def _shown(self, message: dict[str, Any]) -> None:
        asked = self.waiting.get(message.get("citizen_id", 0))
        if message.get("from") == "bot" and asked:
            asked.popleft().set_result(asyncio.get_running_loop().time())

    async def say(self, citizen: int, text: str) -> float:
        """Write something; return the seconds until the first answer is on the phone."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[float] = loop.create_future()
        self.waiting[citizen].append(answered)
        began = loop.time()
        await self.client.say(citizen, text)
        async with asyncio.timeout(60):
            return await answered - began


async def newcomers(running: Harness, client: SandboxClient, phones: Phones, count: int) -> list[int]:
    """Give people phones; each follows one document, whose way is over, so that no push disturbs them."""
    receipts = (await client.state())["receipts"]
    people = [await client.create_citizen(f"Asker {number}", "en") for number in range(count)]
    for person, receipt in zip(people, itertools.cycle(receipts[: 1 + count // FOLLOWERS]), strict=False):
        await phones.say(person, receipt["link"])
        question = (await client.messages(person))[-1]
        await client.press(person, question["message_id"], question["buttons"][0][0]["data"])
    query = "SELECT count(*) FROM notifier.recipient WHERE consented_at IS NOT NULL"
    await running.until(query, count)
    return people


def notice_to(recipient: RecipientId, number: int) -> Notice:
    """A push about some document."""
    now = datetime.now(UTC)
    return Notice(
        notice_id=NoticeId(uuid4()),
        kind=NoticeKind.ADVANCE,
        revision=number,
        publisher=Publisher("bench"),
        event_id=EventId(f"e-{number}"),
        subscription_id=SubscriptionId(uuid4()),
        recipient_id=recipient,
        document_type="id_card",
        masked="…0001",
        stage="printing",
        occurred_at=now,
        accepted_at=now,
        created_at=now,
    )


async def push(url: str, people: list[RecipientId], rate: float, stop: asyncio.Event) -> int:
    """Publish so many notices a second until stopped; return how many there were."""
    client, sent = await nats.connect(url), 0
    try:
        while not stop.is_set():
            batch = [notice_to(random.choice(people), sent + n) for n in range(int(rate * PUSH_BATCH))]  # noqa: S311
            await publish(client, batch)
            sent += len(batch)
            await SystemClock().sleep(PUSH_BATCH)
    finally:
        await client.close()
    return sent


async def measure(askers: int, rate: float, seconds: float, pushes: float) -> None:
    """Run it and print what was found."""
    async with harness(applications=60, citizens=50) as running:
        await running.play()
        await running.books()
        url = running.running.addresses.phone
        assert url is not None
        database = await asyncpg.connect(running.running.servers.admin)
        rows = await database.fetch("SELECT id FROM notifier.recipient WHERE consented_at IS NOT NULL")
        async with sandbox_client(url) as client, asyncio.TaskGroup() as group:
            phones, open_, stop = Phones(client), asyncio.Event(), asyncio.Event()
            watching = group.create_task(phones.watch(url, open_))
            await open_.wait()
            people = await newcomers(running, client, phones, askers)
            everybody = [RecipientId(row["id"]) for row in rows]
            pushing = group.create_task(
                push(running.running.servers.nats["provision"], everybody, pushes, stop)
            )
            await until(lambda: _pushed(database), within=20)
            waits = await ask(phones, people, rate, seconds)
            stop.set()
            sent = await pushing
            watching.cancel()
        await database.close()
    report(waits, rate, sent / seconds)


async def _pushed(database: asyncpg.Connection) -> bool:
    query = "SELECT EXISTS (SELECT FROM notifier.delivery WHERE payload->>'publisher' = 'bench')"
    return bool(await database.fetchval(query))


async def ask(phones: Phones, people: list[int], rate: float, seconds: float) -> list[float]:
    """Have people write, evenly spread, each when it is their turn; return how long each waited."""
    asking: list[asyncio.Task[float]] = []
    turns, clock = itertools.cycle(people), SystemClock()
    words = itertools.cycle((*WORDS, *COMMANDS))
    started = clock.monotonic()
    for number in range(int(rate * seconds)):
        await clock.sleep(max(0.0, started + number / rate - clock.monotonic()))
        asking.append(asyncio.create_task(phones.say(next(turns), next(words))))
    return sorted(await asyncio.gather(*asking))


def report(waits: list[float], rate: float, pushes: float) -> None:
    """Print it."""
    p50, slow = statistics.median(waits), p99(waits)
    print(
        f"{len(waits)} first answers at {rate:g} citizens/s beside {pushes:.0f} notices/s: "
        f"p50 {p50 * 1000:.0f} ms, p99 {slow * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms"
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--askers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="citizens who write, a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pushes", type=float, default=50.0, help="notices a second")
    parser.add_argument("--limit", type=float, default=1000.0, help="messages a second that Telegram takes")
    chosen = parser.parse_args()
    with pytest.MonkeyPatch.context() as monkeypatch, prepared(monkeypatch):
        os.environ["DOCWATCH_RATE_GLOBAL"] = str(chosen.limit)
        os.environ["DOCWATCH_RATE_CHAT"] = "100"
        asyncio.run(measure(chosen.askers, chosen.rate, chosen.seconds, chosen.pushes))


if __name__ == "__main__":
    main()
