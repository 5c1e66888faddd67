"""Keeps the gauge of publishers that have fallen silent; operators are told of them, citizens never."""

import asyncio

from contracts.messages.ids import Publisher
from runtime.clock import Clock, pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Pool
from runtime.logs import logger
from services.tracker.domain.expected_dates import Workdays
from services.tracker.domain.silence import LEARNED, is_silent
from services.tracker.metrics import Metrics

LOG = logger(__name__)
SQL = sql.load("services.tracker.operators", "silent_publishers.sql")
EVERY_SECONDS = 300.0
MOST_PUBLISHERS = 100


class SilentPublishers:
    """One process's ear; any number of them hear the same."""

    def __init__(self, pool: Pool, clock: Clock, workdays: Workdays, metrics: Metrics) -> None:
        self._pool = pool
        self._clock = clock
        self._workdays = workdays
        self._metrics = metrics
        self._silent: set[Publisher] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Listen every five minutes until told to stop."""
        while not stop.is_set():
            try:
                await self.listen()
            except TRANSIENT as error:
                LOG.warning("silent publishers wait for the database", error=repr(error))
            await pause(stop, EVERY_SECONDS)

    async def listen(self) -> None:
        """Set the gauge for each publisher heard of late, and say in the log who falls silent or is back."""
        now = self._clock.now()
        rows = await self._pool.fetch(SQL["publishers_heard"], now - LEARNED, MOST_PUBLISHERS)
        heard = {Publisher(row["publisher"]): await self._is_silent(row["publisher"]) for row in rows}
        self._metrics.publisher_silent.clear()
        for publisher, silent in heard.items():
            self._metrics.publisher_silent.labels(publisher).set(silent)
        silent_now = {publisher for publisher, silent in heard.items() if silent}
        for publisher in sorted(silent_now - self._silent):
            LOG.warning("a publisher that usually sends has fallen silent", publisher=publisher)
        for publisher in sorted(self._silent - silent_now):
            LOG.info("a publisher is not silent any more", publisher=publisher)
        self._silent = silent_now

    async def _is_silent(self, publisher: Publisher) -> bool:
        now = self._clock.now()
        last = await self._pool.fetchval(SQL["heard_last"], publisher)
        if last is None:
            return False
        rows = await self._pool.fetch(SQL["hours_heard"], publisher, now - LEARNED)
        return is_silent((row["hour"] for row in rows), last, now, self._workdays)
