"""Keeps the gauges true that no single transaction knows: what waits, and whether the books balance.

What reads whole tables is looked at the more seldom the longer it takes. The difference of the books is exact
all the same, for one statement sees one instant.
"""

import asyncio
from functools import partial

from contracts.messages.outcome import Effect
from runtime.clock import Clock
from runtime.database import gauges, sql
from runtime.database.gauges import Pace
from runtime.database.postgres import Pool, reading_whole
from runtime.logs import logger
from services.tracker.metrics import Metrics

LOG = logger(__name__)
SQL = sql.load("services.tracker.ledger", "gauges.sql")
ENDS = ("accepted", "undeliverable", "superseded", "expired", "withdrawn", "unknown")
PUT_ASIDE = (Effect.DEAD, Effect.PARKED, Effect.CONFLICT, Effect.REFUSED)
WAITING = Pace(least=10.0, most=30.0)
FOLLOWING = Pace(least=10.0, most=900.0)
BOOKS = Pace(least=300.0, most=3600.0)
BOOKS_SECONDS = 600.0
"""How long one look at the books may take."""


async def watch(pool: Pool, metrics: Metrics, clock: Clock, stop: asyncio.Event) -> None:
    """Look until told to stop, at each at its own pace."""
    every = partial(gauges.keep, clock=clock, stop=stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(every(lambda: look(pool, metrics), WAITING))
        group.create_task(every(lambda: count_following(pool, metrics), FOLLOWING))
        group.create_task(every(lambda: reconcile(pool, metrics), BOOKS))
        group.create_task(every(lambda: forget_typing(pool), WAITING))


async def forget_typing(pool: Pool) -> None:
    """Drop what was counted of typed codes in hours that are over."""
    for name in ("forget_typing", "forget_typed"):
        await pool.execute(SQL[name])


async def look(pool: Pool, metrics: Metrics) -> None:
    """Set the gauges of what waits."""
    for row in await pool.fetch(SQL["waiting"]):
        metrics.pending.set(row["pending"])
        metrics.outbox.set(row["outbox"])
    metrics.pending_oldest.set(max(0.0, await pool.fetchval(SQL["oldest"])))
    aside = {row["effect"]: row["count"] for row in await pool.fetch(SQL["put_aside"])}
    for effect in PUT_ASIDE:
        metrics.put_aside.labels(effect).set(aside.get(effect, 0))
    held = {row["publisher"] for row in await pool.fetch(SQL["held_publishers"])}
    metrics.held.clear()
    for publisher in held:
        metrics.held.labels(publisher).set(1)


async def count_following(pool: Pool, metrics: Metrics) -> None:
    """Set the gauge of subscriptions."""
    metrics.subscriptions.set(await pool.fetchval(SQL["following"]))


async def reconcile(pool: Pool, metrics: Metrics) -> int:
    """Return notices caused less their ends and those pending; anything but 0 is a fault."""
    async with reading_whole(pool) as connection:
        [row] = await connection.fetch(SQL["reconcile"], timeout=BOOKS_SECONDS)
    difference = int(row["caused"]) - int(row["pending"]) - sum(int(row[end]) for end in ENDS)
    metrics.unreconciled.set(difference)
    if difference:
        LOG.error("the books do not balance", difference=difference)
    return difference
