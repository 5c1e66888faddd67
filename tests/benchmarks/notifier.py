"""The notifier against the raw limit: `python -m tests.benchmarks.notifier [--profile]`.

A backlog of notices, one for each of so many people, to a messenger that costs next to nothing: intake,
claims, texts, calls, records and reports against python-telegram-bot's `send_message` alone, with 50 calls at
once, over our transport and over its default one.
"""

import argparse
import asyncio
import os
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import nats

from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import Notice, NoticeKind
from contracts.streams import NOTICE_SUBJECT
from runtime.clock import SystemClock
from runtime.embedded import ports
from runtime.messaging import stream_writer
from runtime.messaging.stream_writer import Outgoing, Stored
from sandbox.settings import SandboxSettings
from tests.benchmarks import town
from tests.benchmarks.comparing import compare
from tests.benchmarks.installation import LIFTED, messenger
from tests.benchmarks.kit import (
    CATALOGUE,
    ROUNDS,
    Sample,
    Timed,
    in_turns,
    measured,
    program,
    servers,
    service,
)
from tests.benchmarks.profiling import profiled
from tests.waiting import until

COMMAND = "python -m tests.benchmarks.notifier"
AT_ONCE = 50
WORKING = (
    "SELECT EXISTS (SELECT FROM notifier.delivery WHERE state IN ('pending', 'sending'))"
    " OR EXISTS (SELECT FROM notifier.outbox)"
)


def notice(recipient: UUID, subscription: UUID, revision: int) -> Notice:
    """A notice about somebody's next stage."""
    now = datetime.now(UTC)
    return Notice(
        notice_id=NoticeId(uuid4()),
        kind=NoticeKind.ADVANCE,
        revision=revision,
        publisher=Publisher(town.PUBLISHER),
        event_id=EventId(str(revision)),
        subscription_id=SubscriptionId(subscription),
        recipient_id=RecipientId(recipient),
        document_type=town.DOCUMENT,
        masked="…0001",
        stage="printing",
        occurred_at=now,
        accepted_at=now,
        created_at=now,
    )


async def main(chosen: argparse.Namespace) -> None:
    """Measure and print."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(servers())
        settings = running.settings("notifier")
        keys = town.Keys(settings["ENCRYPTION_KEYS"], settings["PEPPER"])
        await town.settle(running.databases.admin, CATALOGUE, keys, town.people(chosen.people))
        port = ports.pick("127.0.0.1")
        url = f"http://127.0.0.1:{port}"
        await stack.enter_async_context(messenger(port))
        own = {**settings, **LIFTED, "TELEGRAM_API_URL": url, "TELEGRAM_TOKEN": SandboxSettings().bot_token}
        pid = await stack.enter_async_context(service("notifier", own, ports.pick("127.0.0.1")))
        client = await nats.connect(running.nats_url)
        stack.push_async_callback(client.close)
        admin = await asyncpg.connect(running.databases.admin)
        stack.push_async_callback(admin.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        people = [row["id"] for row in await admin.fetch("SELECT id FROM notifier.recipient")]
        pids = {"notifier": pid, "nats": running.nats.pid, "postgres": running.postgres.pid}

        async def taken() -> int:
            async with session.get(f"{url}/count") as answer:
                return int(await answer.text())

        def raw(transport: str, count: int) -> "asyncio.Future[Sample]":
            async def work() -> Timed:
                took = await program("notifier_raw", transport, url, str(count), str(AT_ONCE))
                return Timed(took["seconds"], {"notifier": took["cpu"]})

            return asyncio.ensure_future(measured(work, count, {}))

        async def ours(number: int) -> Sample:
            os.kill(pid, signal.SIGSTOP)
            told = [notice(who, who, number + 1) for who in people]
            messages = [Outgoing(NOTICE_SUBJECT, str(one.notice_id), one.encoded()) for one in told]
            for start in range(0, len(messages), 1000):
                results = await stream_writer.StreamWriter(client).publish(messages[start : start + 1000])
                assert all(isinstance(one, Stored) for one in results)
            expected = await taken() + len(messages)

            async def all_told() -> bool:
                return await taken() >= expected and not await admin.fetchval(WORKING)

            async def work() -> Timed:
                began = clock.monotonic()
                os.kill(pid, signal.SIGCONT)
                await until(all_told, within=300, every=0.05)
                return Timed(clock.monotonic() - began)

            return await measured(work, len(messages), pids)

        if chosen.profile:
            await ours(0)
            async with profiled(pid, 10, top=60):
                for number in range(1, 4):
                    await ours(number)
            return
        sides = {
            "send_message on aiohttp": lambda _: raw("aiohttp", chosen.people),
            "notifier": ours,
            "send_message on httpx": lambda _: raw("httpx", max(100, chosen.people // 10)),
        }
        samples = await in_turns(sides, chosen.rounds)
    print(compare("Notifier, a backlog", samples, command=COMMAND, bar=0.5).markdown())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000, help="messages a round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--profile", action="store_true", help="print the share of CPU by function instead")
    asyncio.run(main(parser.parse_args()))
