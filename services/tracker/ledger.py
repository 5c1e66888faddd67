"""The ledger: how every notice ended, and receipts upon accepted.

The first end stands. A receipt may come before the end: it is kept, and dropped if the end is another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.delivery import DeliveryEnd, DeliveryReport, Receipt
from contracts.outcome import Effect
from contracts.streams import DEAD_DELIVERIES_SUBJECT, DELIVERY_SUBJECT
from runtime.clock import Clock
from runtime.logs import logger
from runtime.outbox import Outbox, Row
from runtime.postgres import Connection, Pool, retrying, transaction
from services.tracker import messages, store
from services.tracker.batch import Aside, Source
from services.tracker.store import SQL

LOG = logger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """One report and the message it came by."""

    source: Source
    body: DeliveryReport


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that says nothing we can use, and why."""

    source: Source
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Entered:
    """What a batch of reports came to: ends that stand now, reports of no known notice, dead letters."""

    ends: Sequence[DeliveryEnd]
    unknown: int
    buried: int


class Ledger:
    """The use case of the DELIVERIES stream."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock

    async def enter(self, batch: Sequence[Report | Unreadable]) -> Entered:
        """Enter reports, in stream order; entering one again changes nothing."""
        ordered = sorted(batch, key=lambda one: one.source.sequence)
        reports = [one.body for one in ordered if isinstance(one, Report)]
        unreadable = [one for one in ordered if isinstance(one, Unreadable)]
        entered, rows = await retrying(lambda: self._transaction(reports, unreadable), self._clock)
        self._outbox.committed(rows)
        if entered.unknown:
            LOG.warning("reports about notices that are not in the ledger", count=entered.unknown)
        return entered

    async def _transaction(
        self, reports: Sequence[DeliveryReport], unreadable: Sequence[Unreadable]
    ) -> tuple[Entered, list[Row]]:
        async with transaction(self._pool) as connection:
            wanted = {one.notice_id for one in reports}
            known = await connection.fetch(SQL["lock_notices"], list(wanted)) if wanted else []
            ends = await _end(connection, reports)
            await _note_receipts(connection, reports)
            rows = await self._bury(connection, unreadable)
        return Entered(ends, len(wanted) - len(known), len(rows)), rows

    async def _bury(self, connection: Connection, unreadable: Iterable[Unreadable]) -> list[Row]:
        now = self._clock.now()
        aside = [Aside(one.source, Effect.DEAD, one.reason, None, one.detail) for one in unreadable]
        fresh = await store.put_aside(connection, aside, now)
        rows = [
            messages.dead_letter(one, subject=DEAD_DELIVERIES_SUBJECT, received_on=DELIVERY_SUBJECT, now=now)
            for one in aside
            if one.source.id in fresh
        ]
        await self._outbox.insert(connection, rows)
        return rows


async def _end(connection: Connection, reports: Iterable[DeliveryReport]) -> list[DeliveryEnd]:
    first: dict[UUID, DeliveryReport] = {}
    for one in reports:
        if isinstance(one.status, DeliveryEnd):
            first.setdefault(one.notice_id, one)
    if not first:
        return []
    rows = await connection.fetch(
        SQL["end_notices"],
        list(first),
        [one.status for one in first.values()],
        [one.reason for one in first.values()],
        [one.attempts for one in first.values()],
        [one.at for one in first.values()],
    )
    return [DeliveryEnd(row["ended_as"]) for row in rows]


async def _note_receipts(connection: Connection, reports: Iterable[DeliveryReport]) -> None:
    times: dict[UUID, dict[Receipt, datetime]] = {}
    for one in reports:
        if isinstance(one.status, Receipt):
            times.setdefault(one.notice_id, {}).setdefault(one.status, one.at)
    if times:
        await connection.execute(
            SQL["note_receipts"],
            list(times),
            [some.get(Receipt.DELIVERED) for some in times.values()],
            [some.get(Receipt.SEEN) for some in times.values()],
        )
