"""Keeps the gauges true that no single transaction knows: what waits, and whether the books balance."""

import asyncio
from contextlib import suppress

from runtime import sql
from runtime.logs import logger
from runtime.postgres import TRANSIENT, Pool
from services.tracker.claims import SQL as CLAIMS
from services.tracker.metrics import Metrics
from services.tracker.store import SQL

LOG = logger(__name__)
GAUGES = sql.load("services.tracker", "gauges.sql")
ENDS = ("accepted", "undeliverable", "superseded", "expired", "withdrawn", "unknown")
EVERY_SECONDS = 10.0
BOOKS_EVERY = 30


async def watch(pool: Pool, metrics: Metrics, stop: asyncio.Event) -> None:
    """Look every ten seconds until told to stop; the books, which read whole tables, every five minutes."""
    looks = 0
    while not stop.is_set():
        try:
            await look(pool, metrics)
            await pool.execute(CLAIMS["forget_typing"])
            if looks % BOOKS_EVERY == 0:
                await reconcile(pool, metrics)
        except TRANSIENT as error:
            LOG.warning("gauges wait for the database", error=repr(error))
        looks += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)


async def look(pool: Pool, metrics: Metrics) -> None:
    """Set the gauges of what waits."""
    for row in await pool.fetch(SQL["waiting"]):
        metrics.pending.set(row["pending"])
        metrics.outbox.set(row["outbox"])
    metrics.pending_oldest.set(max(0.0, await pool.fetchval(GAUGES["oldest"])))
    held = {row["publisher"] for row in await pool.fetch(GAUGES["held_publishers"])}
    metrics.held.clear()
    for publisher in held:
        metrics.held.labels(publisher).set(1)
    metrics.subscriptions.set(await pool.fetchval(GAUGES["following"]))


async def reconcile(pool: Pool, metrics: Metrics) -> int:
    """Return notices caused less their ends and those pending; anything but 0 is a fault."""
    [row] = await pool.fetch(SQL["reconcile"])
    difference = int(row["caused"]) - int(row["pending"]) - sum(int(row[end]) for end in ENDS)
    metrics.unreconciled.set(difference)
    if difference:
        LOG.error("the books do not balance", difference=difference)
    return difference
