"""A storm of conversations in both directions while desks are killed and frozen."""

import asyncio
import os
from pathlib import Path
from random import Random

import pytest
from nats.aio.client import Client

from contracts.streams import DESK_TALKS
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from runtime.messaging.replay import behind
from tests.conftest import Databases
from tests.faults.conversing import LEASE, Citizens, desks, problems
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
CONVERSATIONS = int(os.environ.get("CONVERSATIONS", "600"))
DESKS, STAFF = 2, 10
KILLS = 6
SEED = 20


async def test_nothing_is_lost_or_doubled_between_citizens_and_staff(
    databases: Databases, nats_url: str, nats_client: Client, tmp_path: Path
) -> None:
    """All that was said is heard once and in order, every answer is sent once, nothing is left waiting."""
    random, clock = Random(SEED), SystemClock()  # noqa: S311 - chance for a test
    citizens = Citizens(nats_client, random)
    log = tmp_path / "desks.log"
    async with (
        open_pool(databases.url("desk"), "desk") as pool,
        desks(nats_url, databases.url("desk"), DESKS, STAFF, log) as running,
    ):
        talking = asyncio.create_task(citizens.talk(CONVERSATIONS, pace=0.5))
        for number in range(KILLS):
            await clock.sleep(3)
            if number % 3 == 2:
                await running.freeze(random, 9)
            else:
                await running.kill(random)
        await talking

        async def calm() -> bool:
            waiting = await pool.fetchval(
                "SELECT count(*) FROM conversation WHERE asks_since IS NOT NULL OR opened_at IS NULL"
            )
            left = await pool.fetchval("SELECT count(*) FROM outbox")
            return waiting == 0 and left == 0 and not await behind(nats_client, DESK_TALKS)

        await until(calm, within=300 + CONVERSATIONS / 20 + LEASE.total_seconds(), every=0.5)
        found = await problems(citizens, nats_client, pool)

    assert [] == found, (running.history, log.read_text("utf-8")[-4000:])
