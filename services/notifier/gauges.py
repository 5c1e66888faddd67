"""Keeps those gauges true that only the database knows: who can be reached, what has waited longest."""

import asyncio
import contextlib

from runtime import sql
from runtime.logs import logger
from runtime.postgres import TRANSIENT, Pool
from services.notifier.domain import DeliveryClass
from services.notifier.metrics import Metrics

LOG = logger(__name__)
SQL = sql.load("services.notifier", "gauges.sql")
EVERY_SECONDS = 5.0
PEOPLE_EVERY = 3


async def watch(pool: Pool, metrics: Metrics, stop: asyncio.Event) -> None:
    """Look every five seconds until told to stop; the people, who change slowly, every fifteen."""
    looks = 0
    while not stop.is_set():
        try:
            await look(pool, metrics)
            if looks % PEOPLE_EVERY == 0:
                await count_people(pool, metrics)
        except TRANSIENT as error:
            LOG.warning("gauges wait for the database", error=repr(error))
        looks += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)


async def look(pool: Pool, metrics: Metrics) -> None:
    """Set the gauges of what waits."""
    found = {row["class"]: (row["due"], row["seconds"]) for row in await pool.fetch(SQL["due"])}
    for urgency in DeliveryClass:
        due, seconds = found.get(urgency, (0, 0.0))
        metrics.due.labels(urgency.name.lower()).set(due)
        metrics.oldest_seconds.labels(urgency.name.lower()).set(max(0.0, seconds))
    metrics.outbox.set(await pool.fetchval(SQL["outbox"]))


async def count_people(pool: Pool, metrics: Metrics) -> None:
    """Set the gauges of citizens."""
    for row in await pool.fetch(SQL["people"]):
        for standing in ("known", "consented", "reachable"):
            metrics.recipients.labels(standing).set(row[standing])
