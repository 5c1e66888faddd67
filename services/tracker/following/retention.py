"""Retention: some days after a document has come to its end nobody's link to it is left.

Purged are the subscriptions, the notices and the claims of its application; the application itself and the
identities of its events stay, so that nothing is taken in twice. How the purged notices ended stays counted
for the books. An application of which somebody is still to be told waits.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.catalogue import Catalogue
from contracts.messages.ids import ApplicationKey
from contracts.streams import CALLS
from runtime.clock import Clock, pause
from runtime.database import audit, sql
from runtime.database.lease import Lease
from runtime.database.postgres import (
    TRANSIENT,
    Pool,
    retrying,
    transaction,
)
from runtime.logs import logger
from services.tracker.domain.brake import LEARNED

LOG = logger(__name__)
SQL = sql.load("services.tracker.following", "retention.sql")
ROLE = "retention"
EVERY_SECONDS = 6 * 3600.0
REST_SECONDS = 0.02
PAGE = 1000
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Terms:
    """After which stages, and how long after them, people's links to an application end."""

    stages: Sequence[str]
    keep: timedelta


@dataclass(frozen=True, slots=True)
class Purged:
    """What a sweep purged: applications, and the notices that told of them."""

    applications: int = 0
    notices: int = 0


def terms_of(catalogue: Catalogue) -> Terms:
    """Return what the agency wants."""
    final = [code for code, stage in catalogue.stages.items() if stage.terminal]
    return Terms(sorted(final), timedelta(days=catalogue.agency.retention_days))


class Retention:
    """The use case of what is long over."""

    def __init__(self, pool: Pool, clock: Clock, terms: Terms) -> None:
        self._pool = pool
        self._clock = clock
        self._terms = terms

    async def run(self, lease: Lease, stop: asyncio.Event) -> None:
        """Sweep every six hours while the lease is ours, until told to stop."""

        async def work() -> None:
            while not stop.is_set():
                try:
                    await self.sweep()
                except TRANSIENT as error:
                    LOG.warning("retention waits for the database", error=repr(error))
                await pause(stop, EVERY_SECONDS)

        await lease.while_held(work, stop)

    async def sweep(self) -> Purged:
        """Look at every application once, in small transactions, and purge what is over."""
        now = self._clock.now()
        before, after, total = now - self._terms.keep, "", Purged()
        while True:
            page = await self._pool.fetch(SQL["page"], after, self._terms.stages, before, PAGE)
            over = [ApplicationKey(row["application_key"]) for row in page if row["over"]]
            for first in range(0, len(over), AT_ONCE):
                part = await self._purge(over[first : first + AT_ONCE], before)
                total = Purged(total.applications + part.applications, total.notices + part.notices)
            if len(page) < PAGE:
                break
            after = page[-1]["application_key"]
            await self._clock.sleep(REST_SECONDS)
        await self._pool.execute(SQL["purge_pace"], now - LEARNED)
        await self._pool.execute(SQL["purge_calls"], now - 2 * CALLS.max_age)
        if total.applications:
            said = f"{total.applications} applications, {total.notices} notices"
            LOG.info("what is long over is purged", applications=total.applications, notices=total.notices)
            await audit.note(self._pool, ROLE, "purge", said)
        return total

    async def _purge(self, keys: Sequence[ApplicationKey], before: datetime) -> Purged:
        return await retrying(lambda: self._transaction(keys, before), self._clock)

    async def _transaction(self, keys: Sequence[ApplicationKey], before: datetime) -> Purged:
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["lock_over"], keys, self._terms.stages, before, AT_ONCE)
            locked = {row["application_key"] for row in rows}
            pending = await connection.fetch(SQL["still_pending"], list(locked))
            done = sorted(locked - {row["application_key"] for row in pending})
            notices = [row["notice_id"] for row in await connection.fetch(SQL["lock_ended"], done)]
            await connection.execute(SQL["purge_notices"], notices)
            await connection.execute(SQL["purge_subscriptions"], done)
            await connection.execute(SQL["purge_claims"], done)
        return Purged(len(done), len(notices))
