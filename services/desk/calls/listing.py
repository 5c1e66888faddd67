"""Keeps the list true to the tracker: new entries are put on it, and what needs no call is taken off.

One desk does so at a time. Nothing is told to the desk; it asks, so that after any outage the next look is
as good as all those that were missed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from contracts.catalogue import Catalogue
from contracts.messages.desk.calls import (
    AT_ONCE,
    CallEntry,
    CallsAnswer,
    CallsQuery,
)
from contracts.messages.rpc import Refused
from runtime.clock import Clock, pause
from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT, Pool
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from services.desk.calls.settling import Settling, call_asked

LOG = logger(__name__)
SQL = sql.load("services.desk.calls", "store.sql")
ROLE = "calls"
EVERY = 15.0
"""Seconds between two looks."""
LOOK_AGAIN = timedelta(minutes=1)
"""An entry is asked about anew after this."""
PURGED = 1000
_PASSING: tuple[type[BaseException], ...] = (RpcUnavailableError, *TRANSIENT)
_COLUMNS: Final = (
    *("call_id", "number", "publisher", "event_id", "receipt_id", "document_type", "stage", "office"),
    *("missing", "note", "language", "end", "reason", "at", "actionable"),
)


class Pages(Protocol):
    """The tracker's list; raises RpcUnavailableError where no answer comes."""

    async def listed(self, query: CallsQuery) -> CallsAnswer | Refused:
        """Return a page."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the agency calls about: these stages, in these languages, up to an age; how long it is kept."""

    stages: frozenset[str]
    actionable: frozenset[str]
    languages: frozenset[str]
    life: timedelta
    keep: timedelta

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Wanted":
        """Return what an agency with calls wants; ValueError for one without."""
        terms = catalogue.agency.calls
        if terms is None:
            raise ValueError("this agency calls nobody")
        actionable = frozenset(code for code, stage in catalogue.stages.items() if stage.actionable)
        return cls(
            frozenset(terms.stages) or actionable,
            actionable,
            frozenset(terms.languages or catalogue.agency.languages),
            timedelta(days=terms.days),
            timedelta(days=catalogue.agency.retention_days),
        )


class Listing:
    """The desk's half of the list."""

    def __init__(self, pool: Pool, pages: Pages, settling: Settling, clock: Clock, wanted: Wanted) -> None:
        self._pool = pool
        self._pages = pages
        self._settling = settling
        self._clock = clock
        self._wanted = wanted

    async def run(self, lease: Lease, stop: asyncio.Event) -> None:
        """Look while the lease is ours, until told to stop."""

        async def work() -> None:
            while not stop.is_set():
                try:
                    await self.look()
                except _PASSING as error:
                    LOG.warning("the list of calls waits", error=repr(error))
                await pause(stop, EVERY)

        await lease.while_held(work, stop)

    async def look(self) -> None:
        """Read what is new, ask about what is open, end what is too old, forget what is long over."""
        await self._read()
        await self._ask()
        now = self._clock.now()
        self._settling.count(await self._pool.fetch(SQL["age"], now - self._wanted.life, now))
        await self._pool.execute(SQL["purge"], now - self._wanted.keep, PURGED)

    async def _read(self) -> None:
        after: int = await self._pool.fetchval(SQL["how_far"])
        more = True
        while more:
            now = self._clock.now()
            page = await self._pages.listed(CallsQuery(after=after, since=now - self._wanted.life))
            if isinstance(page, Refused):
                raise RpcUnavailableError(f"the list of calls was refused: {page.reason}")
            fit = [entry for entry in page.rows if entry.stage in self._wanted.stages]
            if fit:
                await self._pool.execute(SQL["put"], *self._columns(fit), now)
            # Read again after a crash before this, an entry changes nothing.
            await self._pool.execute(SQL["read_to"], page.after, now)
            after, more = page.after, page.more

    async def _ask(self) -> None:
        begun = self._clock.now()
        while rows := await self._pool.fetch(SQL["to_look_at"], begun - LOOK_AGAIN, begun, AT_ONCE):
            asked = [call_asked(row["call_id"], row["publisher"], row["event_id"]) for row in rows]
            await self._settling.settle(asked)
            await self._pool.execute(SQL["looked_at"], [one.call_id for one in asked], begun)
            if len(rows) < AT_ONCE:
                return

    def _columns(self, entries: Sequence[CallEntry]) -> list[list[object]]:
        """Return the columns that `put` takes; a language in which nobody calls is none."""
        rows = [
            {
                **entry.model_dump(),
                "missing": ",".join(entry.missing),
                "language": entry.language if entry.language in self._wanted.languages else None,
                "actionable": entry.stage in self._wanted.actionable,
            }
            for entry in entries
        ]
        return [[row[name] for row in rows] for name in _COLUMNS]
