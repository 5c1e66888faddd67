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

import asyncpg
import nats
import pytest
from nats.aio.client import Client

from contracts.messages.delivery import DELIVERY_REPORT
from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import Notice, NoticeKind
from sandbox.client import SandboxClient
from sandbox.settings import SandboxSettings
from sandbox.telegram.script import FaultKind
from services.notifier.domain.deliveries import MAX_UNKNOWNS
from tests.conftest import Databases
from tests.faults.notifiers import Notifiers, on_record, people, publish, simulated_telegram, surroundings
from tests.waiting import until

FULL = os.environ.get("DOCWATCH_STORM") == "full"
CHATS, EACH, PERIOD, DEADLINE = (5000, 4, 20.0, 600.0) if FULL else (150, 4, 4.0, 180.0)
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
        citizens = await people(sandbox, url, CHATS)
        for citizen in citizens[: int(CHATS * BLOCKED_SHARE)]:
            await sandbox.block(citizen)
        told = notices(await on_record(databases.url("notifier"), citizens))
        await sandbox.change_weather(WEATHER, seed=7, seconds=12, retry_after=1)
        environment = surroundings(
            nats_url,
            databases.url("notifier"),
            url,
            RATE_GLOBAL=str(RATE),
            RATE_CHAT=str(CHAT_RATE),
            RESEND_AFTER=str(RESEND_AFTER),
            SEND_CONCURRENCY="200",
            LEASE_TERM="8" if FULL else "4",
        )
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
            assert {"SIGKILL", "SIGSTOP"} == set(notifiers.history), "no storm for owners"
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

    async def strikes() -> None:
        await asyncio.sleep(PERIOD / 2)  # the pace of the storm, not a wait
        while True:
            await notifiers.strike(
                kill=kills.random() < 0.5 if len(notifiers.history) > 1 else not notifiers.history
            )
            await asyncio.sleep(PERIOD)  # the same

    async def all_ended() -> bool:
        assert not striking.done(), striking
        notifiers.check()
        found: int = await connection.fetchval(query)
        return found >= count

    striking = asyncio.ensure_future(strikes())
    try:
        await until(all_ended, within=DEADLINE, every=0.2)
        return list(await connection.fetch("SELECT * FROM notifier.delivery"))
    finally:
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
        assert state != "superseded" or row["reason"] == "newer_attempted"
    assert Counter(ends.values())["accepted"] > len(told) / 2
    calls = await sandbox.calls("sendMessage")
    assert [] == [call for call in calls if call["status"] == 429 and "fault" not in call]
    assert WEATHER.keys() <= {call.get("fault") for call in calls}, "no storm for messages"
