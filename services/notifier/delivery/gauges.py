"""Keeps those gauges true that only the database knows: who can be reached, what has waited longest."""

import asyncio
from functools import partial

from runtime.clock import Clock
from runtime.database import gauges, sql
from runtime.database.gauges import Pace
from runtime.database.postgres import Pool
from services.notifier.domain.deliveries import DeliveryClass
from services.notifier.metrics import Metrics

SQL = sql.load("services.notifier.delivery", "gauges.sql")
OPEN = Pace(least=5.0, most=5.0)
DUE = Pace(least=5.0, most=30.0)
PEOPLE = Pace(least=15.0, most=900.0)


async def watch(pool: Pool, metrics: Metrics, clock: Clock, stop: asyncio.Event) -> None:
    """Look until told to stop; at the people, who change slowly, more seldom."""
    every = partial(gauges.keep, clock=clock, stop=stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(every(lambda: count_open(pool, metrics), OPEN))
        group.create_task(every(lambda: look(pool, metrics), DUE))
        group.create_task(every(lambda: count_people(pool, metrics), PEOPLE))


async def count_open(pool: Pool, metrics: Metrics) -> None:
    """Set the gauge of what waits or is in the air."""
    waiting = {row["class"]: row["waiting"] for row in await pool.fetch(SQL["open"])}
    for urgency in DeliveryClass:
        metrics.waiting.labels(urgency.name.lower()).set(waiting.get(urgency, 0))


async def look(pool: Pool, metrics: Metrics) -> None:
    """Set the gauges of what is due."""
    oldest = {row["class"]: (row["due"], row["seconds"]) for row in await pool.fetch(SQL["due"])}
    for urgency in DeliveryClass:
        due, seconds = oldest.get(urgency, (0, 0.0))
        metrics.due.labels(urgency.name.lower()).set(due)
        metrics.oldest_seconds.labels(urgency.name.lower()).set(max(0.0, seconds))
    metrics.outbox.set(await pool.fetchval(SQL["outbox"]))


async def count_people(pool: Pool, metrics: Metrics) -> None:
    """Set the gauges of citizens."""
    for row in await pool.fetch(SQL["people"]):
        for standing in ("known", "consented", "reachable"):
            metrics.recipients.labels(standing).set(row[standing])
