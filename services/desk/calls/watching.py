"""Keeps the gauges of calls true that only the database knows."""

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool
from services.desk.metrics import Metrics

SQL = sql.load("services.desk.calls", "store.sql")
STANDINGS = ("due", "later", "held")


class Watch:
    """Looks; `on`: whether the agency calls anybody, so that a list that nobody reads is one to tell of."""

    def __init__(self, pool: Pool, clock: Clock, metrics: Metrics, *, on: bool) -> None:
        self._pool = pool
        self._clock = clock
        self._metrics = metrics
        self._on = on
        self._begun = clock.now()

    async def look(self) -> None:
        """Look once."""
        now = self._clock.now()
        row = await self._pool.fetchrow(SQL["standing"], now)
        if row is None:
            return
        for name in STANDINGS:
            self._metrics.calls.labels(name).set(row[name])
        since = now if row["oldest"] is None else row["oldest"]
        self._metrics.calls_oldest.set((now - since).total_seconds())
        read_at = (row["read_at"] or self._begun) if self._on else now
        self._metrics.calls_read.set((now - read_at).total_seconds())
