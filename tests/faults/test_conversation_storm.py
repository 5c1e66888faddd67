"""A storm of conversations in both directions while desks are killed, frozen and cut off."""

import asyncio
import os
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from random import Random

import asyncpg
import pytest
from nats.aio.client import Client

from contracts.streams import DESK_TALKS
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from runtime.messaging.replay import behind
from tests.conftest import Databases
from tests.faults.conversing import LEASE, Citizens, Desks, desks, problems
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
CONVERSATIONS = int(os.environ.get("CONVERSATIONS", "1500"))
"""Of the long storm; its full size is 10,000."""
DESKS, STAFF = 2, 10
TROUBLES = ("kill", "cut", "freeze")
FROZEN_SECONDS = LEASE.total_seconds() + 1
SEED = 20
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
STUCK = """
SELECT count(*) FROM conversation
WHERE asks_since IS NOT NULL AND held_until <= clock_timestamp() - $1::interval
"""


async def strike(
    running: Desks, random: Random, databases: Databases, citizens: "asyncio.Task[None]"
) -> None:
    """Strike the desks in each way, and go on as long as citizens write."""
    for number, trouble in enumerate(cycle(TROUBLES)):
        if number >= len(TROUBLES) and citizens.done():
            return
        await SystemClock().sleep(1.5)
        if trouble == "kill":
            await running.kill(random)
        elif trouble == "freeze":
            await running.freeze(random, FROZEN_SECONDS)
        else:
            admin = await asyncpg.connect(databases.admin)
            await admin.execute(CUT, databases.name)
            await admin.close()
            running.history.append("cut off")


@pytest.mark.parametrize(
    "conversations", [150, pytest.param(CONVERSATIONS, marks=pytest.mark.long, id="many")]
)
async def test_nothing_is_lost_or_doubled_between_citizens_and_staff(
    databases: Databases, nats_url: str, nats_client: Client, tmp_path: Path, conversations: int
) -> None:
    """All that was said is heard once and in order, every answer is sent once, nothing is stuck."""
    random = Random(SEED)  # noqa: S311 - chance for a test
    citizens = Citizens(nats_client, random)
    log = tmp_path / "desks.log"
    async with desks(nats_url, databases.url("desk"), DESKS, STAFF, log) as running:
        talking = asyncio.create_task(citizens.talk(conversations, pace=0.5))
        await strike(running, random, databases, talking)
        await talking
        async with open_pool(databases.url("desk"), "desk") as pool:
            stuck: list[int] = []

            async def calm() -> bool:
                waiting = await pool.fetchval(
                    "SELECT count(*) FROM conversation WHERE asks_since IS NOT NULL OR opened_at IS NULL"
                )
                left = await pool.fetchval("SELECT count(*) FROM outbox")
                stuck.append(await pool.fetchval(STUCK, LEASE))
                return waiting == 0 and left == 0 and not await behind(nats_client, DESK_TALKS)

            await until(calm, within=300 + conversations / 10 + LEASE.total_seconds(), every=0.5)
            found = await problems(citizens, nats_client, pool)

    assert [] == found, (running.history, log.read_text("utf-8")[-4000:])
    assert len(running.history) >= len(TROUBLES)
    assert _longest(stuck) <= 1, stuck


def _longest(stuck: Sequence[int]) -> int:
    """Return at how many looks in a row something was stuck past its lease: one is on its way."""
    longest = now = 0
    for found in stuck:
        now = now + 1 if found else 0
        longest = max(longest, now)
    return longest
