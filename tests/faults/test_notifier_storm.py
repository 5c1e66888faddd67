"""The notifier in a storm: two messengers that fail in every way, owners killed and stopped all the time.

Small by default; `DOCWATCH_STORM=full` is the size of the promise: 20,000 notices to 5,000 people.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from uuid import uuid4

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
from runtime.database.postgres import open_pool
from runtime.embedded import ports
from sandbox.clients.telegram import SandboxClient
from sandbox.clients.viber import ViberClient, viber_client
from sandbox.settings import VIBER_TOKEN
from sandbox.telegram.script import FaultKind
from sandbox.viber.script import FaultKind as ViberFaultKind
from tests.conftest import Databases
from tests.faults.heard import Heard, heard, judge, reports
from tests.faults.notifiers import (
    HOST,
    KEYS,
    Notifiers,
    people,
    publish,
    simulated_telegram,
    surroundings,
)
from tests.faults.proxy import proxied
from tests.faults.second_way import Address, Record
from tests.waiting import until

FULL = os.environ.get("DOCWATCH_STORM") == "full"
PEOPLE, EACH, PERIOD, DEADLINE = (5000, 4, 20.0, 600.0) if FULL else (150, 4, 4.0, 180.0)
TIMES = 20
RATE, CHAT_RATE = 30.0 * TIMES, 1.0 * TIMES
RESEND_AFTER = 60.0 / TIMES
WEATHER: Mapping[FaultKind, float] = {
    "throttle_chat": 0.05,
    "hang": 0.01,
    "drop_before_store": 0.01,
    "bad_gateway_html": 0.005,
}
VIBER_WEATHER: Mapping[ViberFaultKind, float] = {
    "failed_later": 0.04,
    "status": 0.02,
    "hang": 0.01,
    "drop_before_store": 0.01,
    "stored_server_error": 0.02,
    "bad_gateway_html": 0.01,
}
NO_DEVICE = 11
ROUTES = (
    *(("telegram",),) * 3,
    ("viber",),
    *(("telegram", "viber"),) * 3,
    ("viber", "telegram"),
)
"""What people have, in their order, by turns: Viber lets us send a twentieth of what Telegram does here."""
BLOCKED_EVERY = 50
STRIKES = ((True, "telegram"), (False, "viber"), (True, "viber"), (False, "telegram"))
"""By turns: whether the owner is killed or stopped, and of which account."""
STAGES = ("accepted", "verification", "printing", "arrived")


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


async def citizens(sandbox: SandboxClient, viber: ViberClient, url: str) -> list[list[Address]]:
    """Give everybody their messengers, of which some shut us out; return where each is reached."""
    places = asyncio.Semaphore(32)

    async def route(number: int, citizen: int) -> list[Address]:
        async with places:
            found = []
            for account in ROUTES[number % len(ROUTES)]:
                shut = number % BLOCKED_EVERY == ("telegram", "viber").index(account)
                if account == "viber":
                    await viber.say(citizen, "hello")
                    found.append(Address(account, await viber.user_id(citizen)))
                    if shut:
                        await viber.block(citizen)
                else:
                    found.append(Address(account, str(citizen)))
                    if shut:
                        await sandbox.block(citizen)
            return found

    everybody = enumerate(await people(sandbox, url, PEOPLE))
    return list(await asyncio.gather(*(route(number, citizen) for number, citizen in everybody)))


@pytest.mark.faults
@pytest.mark.timeout(DEADLINE + 120)
async def test_the_promise_stands_in_a_storm(databases: Databases, nats_url: str, tmp_path: Path) -> None:
    """Every notice ends, the ledger agrees, nobody sees stages go back, copies stay within the promise."""
    edges = [ports.pick(HOST), ports.pick(HOST)]
    async with (
        simulated_telegram(RATE, CHAT_RATE, tmp_path / "telegram.log") as (url, sandbox),
        viber_client(url) as viber,
        proxied(*((HOST, port) for port in edges)) as front,
        open_pool(databases.url("notifier"), "notifier") as pool,
    ):
        told = notices(await Record(pool, KEYS).people(await citizens(sandbox, viber, url)))
        await sandbox.change_weather(WEATHER, seed=7, seconds=12, retry_after=1)
        await viber.change_weather(VIBER_WEATHER, seed=7, seconds=12, status=NO_DEVICE)
        environment = surroundings(
            nats_url,
            databases.url("notifier"),
            url,
            VIBER_TOKEN=VIBER_TOKEN,
            VIBER_API_URL=f"{url}/viber",
            PUBLIC_URL=f"http://{HOST}:{front.address[1]}",
            RATE_GLOBAL=str(RATE),
            RATE_CHAT=str(CHAT_RATE),
            RESEND_AFTER=str(RESEND_AFTER),
            SEND_CONCURRENCY="200",
            LEASE_TERM="8" if FULL else "4",
        )
        notifiers = Notifiers(environment, databases.admin, tmp_path / "notifier.log", edges=edges)
        client = await nats.connect(nats_url)
        try:
            await notifiers.start()
            await notifiers.start()
            for account in ("telegram", "viber"):
                await notifiers.owner(account)
            await until(lambda: _met(viber), within=60)
            await publish(client, list(told.values()))
            started = asyncio.get_running_loop().time()
            rows = await ended(databases.admin, notifiers, viber, len(told))
            seconds = asyncio.get_running_loop().time() - started
            found = Heard(told, rows, await reports(client, len(told)), await heard(url))
            judge(found)
            await _stormy(sandbox, viber, notifiers)
        finally:
            await notifiers.end()
            await client.close()
    summary = Counter(found.ends.values())
    sys.stdout.write(
        f"\n{len(told)} notices in {seconds:.0f} s, {notifiers.history}, {dict(summary)},"
        f" {sum(row['follows'] is not None for row in rows)} told once more\n"
    )


async def _met(viber: ViberClient) -> bool:
    return bool((await viber.state())["bot"]["there"])


async def ended(admin: str, notifiers: Notifiers, viber: ViberClient, count: int) -> Sequence[asyncpg.Record]:
    """Strike an owner again and again until all has ended, and all is said of it; return the deliveries."""
    connection = await asyncpg.connect(admin)
    query = (
        "SELECT count(*) FILTER (WHERE follows IS NULL AND ended_at IS NOT NULL),"
        " count(*) FILTER (WHERE ended_at IS NULL) FROM notifier.delivery"
    )

    async def strikes() -> None:
        await asyncio.sleep(PERIOD / 2)  # the pace of the storm, not a wait
        for kill, account in cycle(STRIKES):
            await notifiers.strike(kill=kill, account=account)
            await asyncio.sleep(PERIOD)  # the same

    async def all_ended() -> bool:
        assert not striking.done(), striking
        notifiers.check()
        first, open_ones = await connection.fetchrow(query) or (0, 0)
        return first >= count and open_ones == 0

    async def all_said() -> bool:
        # A failure that is told late may send a notice on its way once more.
        told = {one["end"] for one in await viber.callbacks("failed")}
        return None not in told and await all_ended()

    striking = asyncio.ensure_future(strikes())
    try:
        await until(all_ended, within=DEADLINE, every=0.2)
        await until(all_said, within=60, every=0.5)
        return list(await connection.fetch("SELECT * FROM notifier.delivery"))
    finally:
        striking.cancel()
        await connection.close()


async def _stormy(sandbox: SandboxClient, viber: ViberClient, notifiers: Notifiers) -> None:
    """Fail where it was no storm after all, or where we went faster than we may."""
    calls, others = await sandbox.calls("sendMessage"), await viber.calls("send_message")
    assert [] == [call for call in calls if call["status"] == 429 and "fault" not in call]
    assert WEATHER.keys() <= {call.get("fault") for call in calls}, "no storm for messages"
    assert VIBER_WEATHER.keys() <= {call.get("fault") for call in others}, "no storm for Viber's messages"
    strikes = {f"{'SIGKILL' if kill else 'SIGSTOP'} {account}" for kill, account in STRIKES}
    assert strikes == set(notifiers.history), "no storm for owners"
