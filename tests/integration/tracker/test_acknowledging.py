"""What is not committed is not acknowledged: the stream keeps it for whoever comes next."""

import asyncpg
from nats.aio.client import Client

from contracts.streams import TRACKER_STAGES
from tests.conftest import Databases
from tests.integration.tracker.conftest import publish, running, stage_event
from tests.waiting import until

WAITING = "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'tracker.event'::regclass AND NOT granted"


async def test_an_event_is_not_acknowledged_before_its_commit(
    databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """While the transaction that takes an event in cannot end, its message stays open; then it is done."""
    js = nats_client.jetstream()

    async def unacknowledged() -> int:
        info = await js.consumer_info(TRACKER_STAGES.stream, TRACKER_STAGES.durable)
        return (info.num_ack_pending or 0) + (info.num_pending or 0)

    async def done() -> bool:
        return await unacknowledged() == 0

    admin = await asyncpg.connect(databases.admin)
    try:
        async with running(databases, nats_url):
            async with admin.transaction():
                await admin.execute("LOCK TABLE tracker.event IN EXCLUSIVE MODE")
                await publish(nats_client, stage_event("e-1"))
                await until(lambda: admin.fetchval(WAITING))
                open_meanwhile = await unacknowledged()
            await until(done)
        stored = await admin.fetchval("SELECT count(*) FROM tracker.event")
    finally:
        await admin.close()

    assert (1, 1) == (open_meanwhile, stored)
