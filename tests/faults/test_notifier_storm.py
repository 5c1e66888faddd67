"""The notifier in a storm: a messenger that fails in every way, owners killed and stopped all the time.

Small by default; `DOCWATCH_STORM=full` is the size of the promise: 20,000 notices to 5,000 chats.
"""

import asyncio
import os
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
import nats
import pytest
from nats.aio.client import Client

from cli.settings import SAMPLE_CATALOGUE
from contracts.delivery import DELIVERY_REPORT
from contracts.ids import EventId, NoticeId, Publisher, RecipientId, SubscriptionId
from contracts.notice import Notice, NoticeKind
from contracts.streams import NOTICE_SUBJECT
from runtime import jetstream
from runtime.jetstream import Outgoing, Stored
from runtime.keyring import KeyRing, parse_keys
from runtime.postgres import open_pool, transaction
from sandbox.client import SandboxClient
from sandbox.settings import SandboxSettings
from sandbox.telegram.script import FaultKind
from services.notifier.domain import MAX_UNKNOWNS
from services.notifier.recipients import PURPOSE, Recipients
from tests.conftest import Databases
from tests.faults.notifiers import Notifiers, simulated_telegram

FULL = os.environ.get("DOCWATCH_STORM") == "full"
CHATS, EACH, PERIOD, DEADLINE = (5000, 4, 20.0, 600.0) if FULL else (150, 4, 4.0, 90.0)
TIMES = 20
RATE, CHAT_RATE = 30.0 * TIMES, 1.0 * TIMES
RESEND_AFTER = 60.0 / TIMES
KEYS = f"1:{bytes(32).hex()}"
TOKEN = SandboxSettings().bot_token
WEATHER: Mapping[FaultKind, float] = {
    "throttle_chat": 0.05,
    "hang": 0.01,
    "drop_before_store": 0.01,
    "bad_gateway_html": 0.005,
}
BLOCKED_SHARE = 0.02
STAGES = ("accepted", "verification", "printing", "arrived")
NUMBER = re.compile(r"№ …(\d+)")


async def people(sandbox: SandboxClient, url: str, database: str) -> list[RecipientId]:
    """Make citizens who have started the bot and consented; some have blocked it since."""
    ring, found = Recipients("telegram", KeyRing(parse_keys(KEYS), PURPOSE)), []
    now, places = datetime.now(UTC), asyncio.Semaphore(32)

    async def begin(number: int) -> int:
        async with places:
            citizen = await sandbox.create_citizen(f"Citizen {number}", "uk")
            await sandbox.say(citizen, "/start")
            return citizen

    citizens = await asyncio.gather(*(begin(number) for number in range(CHATS)))
    for citizen in citizens[: int(CHATS * BLOCKED_SHARE)]:
        await sandbox.block(citizen)
    async with aiohttp.ClientSession() as session:
        await session.post(f"{url}/bot{TOKEN}/deleteWebhook", json={"drop_pending_updates": True})
    async with open_pool(database, "notifier") as pool, transaction(pool) as connection:
        for citizen in citizens:
            person = await ring.put(connection, None, str(citizen), now)
            await ring.consent(connection, person, now, 1, "uk")
            found.append(person)
    return found


def notices(recipients: Sequence[RecipientId]) -> dict[int, Notice]:
    """Return each person's stages by a number that their message will show, in the order of happening."""
    found: dict[int, Notice] = {}
    subscriptions = {person: SubscriptionId(uuid4()) for person in recipients}
    for revision in range(EACH):
        for person in recipients:
            now, number = datetime.now(UTC), len(found) + 1
            found[number] = Notice(
                notice_id=NoticeId(uuid4()),
                kind=NoticeKind.ADVANCE,
                revision=revision + 1,
                publisher=Publisher("storm"),
                event_id=EventId(f"e{number}"),
                subscription_id=subscriptions[person],
                recipient_id=person,
                document_type="foreign_passport",
                masked=f"…{number}",
                stage=STAGES[revision],
                occurred_at=now,
                accepted_at=now,
                created_at=now,
            )
    return found


async def publish(client: Client, told: Sequence[Notice]) -> None:
    """Put notices on the stream in order."""
    publisher = jetstream.Publisher(client)
    for start in range(0, len(told), 500):
        batch = [
            Outgoing(NOTICE_SUBJECT, str(one.notice_id), one.encoded()) for one in told[start : start + 500]
        ]
        assert all(isinstance(result, Stored) for result in await publisher.publish(batch))


async def reports(client: Client, count: int) -> dict[NoticeId, str]:
    """Return every notice's end from the stream; a second, different one fails."""
    js, found = client.jetstream(), dict[NoticeId, str]()
    subscription = await js.subscribe("docwatch.delivery.v1", ordered_consumer=True)
    while len(found) < count:
        report = DELIVERY_REPORT.validate_json((await subscription.next_msg(10)).data)
        assert found.setdefault(report.notice_id, report.status) == report.status
    await subscription.unsubscribe()
    return found


@pytest.mark.faults
@pytest.mark.timeout(DEADLINE + 120)
async def test_the_promise_stands_in_a_storm(databases: Databases, nats_url: str, tmp_path: Path) -> None:
    """Every notice ends, the ledger agrees, nobody sees stages go back, copies stay within the promise."""
    async with simulated_telegram(RATE, CHAT_RATE, tmp_path / "telegram.log") as (url, sandbox):
        told = notices(await people(sandbox, url, databases.url("notifier")))
        await sandbox.change_weather(WEATHER, seed=7, seconds=12, retry_after=1)
        environment = {
            **os.environ,
            "DOCWATCH_NATS_URL": nats_url,
            "DOCWATCH_DATABASE_URL": databases.url("notifier"),
            "DOCWATCH_CATALOGUE": str(SAMPLE_CATALOGUE),
            "DOCWATCH_ENCRYPTION_KEYS": KEYS,
            "DOCWATCH_TELEGRAM_TOKEN": TOKEN,
            "DOCWATCH_TELEGRAM_API_URL": url,
            "DOCWATCH_RATE_GLOBAL": str(RATE),
            "DOCWATCH_RATE_CHAT": str(CHAT_RATE),
            "DOCWATCH_RESEND_AFTER": str(RESEND_AFTER),
            "DOCWATCH_LEASE_TERM": "8" if FULL else "4",
        }
        notifiers = Notifiers(environment, databases.admin, tmp_path / "notifier.log")
        client = await nats.connect(nats_url)
        try:
            await notifiers.start()
            await notifiers.start()
            await notifiers.owner()
            await publish(client, list(told.values()))
            started = asyncio.get_running_loop().time()
            rows = await ended(databases.admin, notifiers, len(told))
            seconds = asyncio.get_running_loop().time() - started
            ends = await reports(client, len(told))
            await judge(sandbox, told, rows, ends)
        finally:
            await notifiers.end()
            await client.close()
    summary = Counter(ends.values())
    sys.stdout.write(f"\n{len(told)} notices in {seconds:.0f} s, {notifiers.history}, {dict(summary)}\n")


async def ended(admin: str, notifiers: Notifiers, count: int) -> list[asyncpg.Record]:
    """Strike the owner again and again until every notice has ended; return the deliveries."""
    connection = await asyncpg.connect(admin)
    kills = random.Random(3)  # noqa: S311 - a storm that can be repeated
    query = "SELECT count(*) FROM notifier.delivery WHERE ended_at IS NOT NULL"
    striking: asyncio.Task[None] | None = None

    async def strikes() -> None:
        await asyncio.sleep(PERIOD / 2)
        while True:
            await notifiers.strike(
                kill=kills.random() < 0.5 if len(notifiers.history) > 1 else not notifiers.history
            )
            await asyncio.sleep(PERIOD)

    try:
        striking = asyncio.ensure_future(strikes())
        async with asyncio.timeout(DEADLINE):
            while await connection.fetchval(query) < count:
                assert not striking.done(), striking
                await asyncio.sleep(0.2)
        return list(await connection.fetch("SELECT * FROM notifier.delivery"))
    finally:
        if striking is not None:
            striking.cancel()
        await connection.close()


async def judge(
    sandbox: SandboxClient,
    told: dict[int, Notice],
    rows: Sequence[asyncpg.Record],
    ends: dict[NoticeId, str],
) -> None:
    """Compare what the phones show with what was promised."""
    numbers = {one.notice_id: number for number, one in told.items()}
    copies: Counter[int] = Counter()
    latest: defaultdict[int, int] = defaultdict(int)
    for message in await sandbox.all_messages():
        if message["from"] != "bot":
            continue
        number = int(NUMBER.findall(message["text"])[0])
        copies[number] += 1
        assert told[number].revision >= latest[message["citizen_id"]], "an older stage after a newer one"
        latest[message["citizen_id"]] = told[number].revision
    assert len(told) == len(rows)
    for row in rows:
        number, state = numbers[row["id"]], row["state"]
        assert ends[row["id"]] == state
        assert copies[number] <= min(MAX_UNKNOWNS, row["unknowns"] + (state == "accepted"))
        assert copies[number] > 0 or state != "accepted"
        assert copies[number] == 0 or state not in {"superseded", "expired", "withdrawn"}
    calls = await sandbox.calls("sendMessage")
    assert [] == [call for call in calls if call["status"] == 429 and "fault" not in call]
