"""A process of ingest killed between a receiver's answer and its own note of it: a copy, never a loss."""

import asyncio
from pathlib import Path

from aiohttp import web

from runtime.database.postgres import Pool, transaction
from tests.integration.ingest.receiving import delivering, happen, receiving, row, secret, subscribe
from tests.integration.ingest.test_process import settings, started

__all__ = ["settings"]
PUBLISHER = "registry"
ENDED = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE usename = current_user AND wait_event_type = 'Lock'
"""


async def test_an_answer_that_could_not_be_noted_is_asked_for_again(
    settings: dict[str, str],
    tmp_path: Path,
    pool: Pool,
) -> None:
    """After kill -9 the same message comes once more under the same id, then the feed goes on behind it."""
    locked, answered, killed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        """Keep the row, so that what the receiver answers cannot be noted, until the process is dead."""
        async with transaction(pool) as connection:
            await connection.execute("SELECT FROM callback FOR UPDATE")
            locked.set()
            await killed.wait()

    async def answer(_: web.Request) -> web.StreamResponse:
        holding.append(asyncio.create_task(hold()))
        await locked.wait()
        answered.set()
        return web.Response()

    holding: list[asyncio.Task[None]] = []
    private = {**settings, "CALLBACK_PRIVATE": "true"}
    async with receiving(secret(PUBLISHER), answers=[answer]) as office:
        await happen(pool, PUBLISHER, ["e-1"])
        await subscribe(pool, PUBLISHER, office.url)
        async with started(private, tmp_path) as ingest:
            await answered.wait()
            ingest.process.kill()
            await ingest.process.wait()
        # The database does not see the death while a statement of the dead waits for the row.
        await pool.execute(ENDED)
        killed.set()
        await asyncio.gather(*holding)
        await pool.execute("UPDATE lease SET expires_at = now()")
        await happen(pool, PUBLISHER, ["e-2"])
        async with delivering(pool):
            await office.until(3)

    one, copy, following = office.deliveries
    assert (one.message_id, one.raw) == (copy.message_id, copy.raw)
    assert ["e-1", "e-1", "e-2"] == office.events
    assert following.message_id != one.message_id
    assert "delivered" == (await row(pool, PUBLISHER))["last_result"]
