"""Keeps those gauges true that only the database knows: who can be reached, what has waited longest."""

import asyncio
from collections.abc import Iterable
from functools import partial

from runtime.clock import Clock
from runtime.database import gauges, sql
from runtime.database.gauges import Pace
from runtime.database.postgres import Pool, reading_whole
from services.notifier.domain.deliveries import DeliveryClass
from services.notifier.metrics import Metrics, account_labels

SQL = sql.load("services.notifier.delivery.upkeep", "gauges.sql")
OPEN = Pace(least=5.0, most=5.0)
DUE = Pace(least=5.0, most=30.0)
PEOPLE = Pace(least=15.0, most=900.0)


async def watch(
    pool: Pool, metrics: Metrics, accounts: Iterable[str], clock: Clock, stop: asyncio.Event
) -> None:
    """Look until told to stop; at the people, who change slowly, more seldom."""
    queues = Queues(pool, metrics, accounts)
    every = partial(gauges.keep, clock=clock, stop=stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(every(queues.count_open, OPEN))
        group.create_task(every(queues.look, DUE))
        group.create_task(every(queues.count_paid, DUE))
        group.create_task(every(lambda: count_people(pool, metrics), PEOPLE))


class Queues:
    """The gauges of what waits for each account: those of this process, and any other that has something."""

    def __init__(self, pool: Pool, metrics: Metrics, accounts: Iterable[str]) -> None:
        self._pool = pool
        self._metrics = metrics
        self._accounts = set(accounts)

    async def count_open(self) -> None:
        """Set the gauges of what waits or is in the air, and of who is held back by operators."""
        rows = await self._pool.fetch(SQL["open"])
        waiting = {(row["channel"], row["class"]): row["waiting"] for row in rows}
        paused = {row["name"]: row["paused"] for row in await self._pool.fetch(SQL["paused"])}
        self._accounts.update(paused, (account for account, _ in waiting))
        for account in self._accounts:
            labels = account_labels(account)
            self._metrics.account_paused.labels(**labels).set(paused.get(account, False))
            for urgency in DeliveryClass:
                gauge = self._metrics.waiting.labels(**labels, **{"class": urgency.name.lower()})
                gauge.set(waiting.get((account, urgency), 0))

    async def count_paid(self) -> None:
        """Set the gauges of what cost money in this month."""
        rows = await self._pool.fetch(SQL["paid"])
        self._metrics.paid_ceiling.clear()
        for row in rows:
            labels = account_labels(row["account"])
            self._metrics.paid_this_month.labels(**labels).set(row["sent"])
            if row["ceiling"] is not None:
                self._metrics.paid_ceiling.labels(**labels).set(row["ceiling"])

    async def look(self) -> None:
        """Set the gauges of what is due."""
        rows = await self._pool.fetch(SQL["due"])
        oldest = {(row["channel"], row["class"]): (row["due"], row["seconds"]) for row in rows}
        self._accounts.update(account for account, _ in oldest)
        for account in self._accounts:
            for urgency in DeliveryClass:
                due, seconds = oldest.get((account, urgency), (0, 0.0))
                labels = account_labels(account) | {"class": urgency.name.lower()}
                self._metrics.due.labels(**labels).set(due)
                self._metrics.oldest_seconds.labels(**labels).set(max(0.0, seconds))
        self._metrics.outbox.set(await self._pool.fetchval(SQL["outbox"]))


async def count_people(pool: Pool, metrics: Metrics) -> None:
    """Set the gauges of citizens, and of the files that they sent."""
    async with reading_whole(pool) as connection:
        rows = await connection.fetch(SQL["people"])
        files = await connection.fetch(SQL["files"])
    for row in files:
        metrics.files.kept.set(row["files"])
        metrics.files.kept_bytes.set(row["bytes"])
    for row in rows:
        for standing in ("known", "consented", "reachable"):
            metrics.recipients.labels(standing).set(row[standing])
