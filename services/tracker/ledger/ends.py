"""The ledger: how every notice ended, and receipts upon accepted.

The first end stands. A receipt may come before the end: it is kept, and dropped if the end is another. When
the last notice of an event has ended, its publisher is told how many people were reached.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from contracts.messages.delivery import DeliveryEnd, DeliveryReport, Receipt
from contracts.messages.forget import Forget
from contracts.messages.ids import ApplicationKey, NoticeId
from contracts.messages.outcome import Effect
from contracts.streams import DEAD_DELIVERIES_SUBJECT
from runtime.clock import Clock
from runtime.database import outbox, sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import (
    Connection,
    Pool,
    retrying,
    transaction,
)
from runtime.logs import logger
from services.tracker.domain.batch import Aside, Identity, Source
from services.tracker.following.erasure import Forgetting
from services.tracker.intake import messages, store
from services.tracker.intake.store import Application
from services.tracker.ledger.corrections import correct

LOG = logger(__name__)
SQL = sql.load("services.tracker.ledger", "ends.sql")
UNREACHED = frozenset({DeliveryEnd.UNDELIVERABLE, DeliveryEnd.EXPIRED, DeliveryEnd.UNKNOWN})
"""The ends that a publisher may want to make a call about."""
TOLD = frozenset({DeliveryEnd.ACCEPTED, DeliveryEnd.UNKNOWN})
"""The ends after which somebody has, or may have, read the notice."""


class _UnlockedError(Exception):
    """Applications must be locked before their notices, and it shows only afterwards which."""

    def __init__(self, keys: frozenset[ApplicationKey]) -> None:
        super().__init__(f"{len(keys)} applications are to be locked first")
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Report:
    """One report and the message it came by."""

    source: Source
    body: DeliveryReport


@dataclass(frozen=True, slots=True)
class Farewell:
    """One recipient's wish to be forgotten and the message it came by."""

    source: Source
    body: Forget


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that says nothing we can use, on which subject, and why."""

    source: Source
    subject: str
    reason: str
    detail: str


Item = Report | Farewell | Unreadable
Traces = Mapping[NoticeId, str]
"""By notice the span under which its report is taken in."""
_NONE: Traces = {}


@dataclass(frozen=True, slots=True)
class Entered:
    """What a batch of reports came to: ends that stand now, reports of no known notice, dead letters."""

    ends: Sequence[DeliveryEnd]
    unknown: int
    buried: int


class Ledger:
    """The use cases of the DELIVERIES stream."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock
        self._forgetting = Forgetting(pool, clock)

    async def enter(self, batch: Sequence[Item]) -> Entered:
        """Enter reports, in stream order, then forget whoever wants it; doing so again changes nothing."""
        ordered = sorted(batch, key=lambda one: one.source.sequence)
        reports = [one.body for one in ordered if isinstance(one, Report)]
        unreadable = [one for one in ordered if isinstance(one, Unreadable)]
        traces = {
            one.body.notice_id: one.source.trace
            for one in ordered
            if isinstance(one, Report)
            if one.source.trace
        }
        entered, rows = await self._enter(reports, unreadable, traces)
        self._outbox.committed(rows)
        for one in ordered:
            if isinstance(one, Farewell):
                await self._forgetting.forget(one.body)
        if entered.unknown:
            LOG.warning("reports about notices that are not in the ledger", count=entered.unknown)
        return entered

    async def _enter(
        self, reports: Sequence[DeliveryReport], unreadable: Sequence[Unreadable], traces: Traces
    ) -> tuple[Entered, list[Row]]:
        keys = frozenset[ApplicationKey]()
        while True:
            try:
                return await retrying(
                    partial(self._transaction, reports, unreadable, traces, keys), self._clock
                )
            except _UnlockedError as error:
                keys |= error.keys

    async def _transaction(
        self,
        reports: Sequence[DeliveryReport],
        unreadable: Sequence[Unreadable],
        traces: Traces,
        keys: frozenset[ApplicationKey],
    ) -> tuple[Entered, list[Row]]:
        async with transaction(self._pool) as connection:
            applications = await store.lock(connection, keys) if keys else {}
            wanted = {one.notice_id for one in reports}
            known = await connection.fetch(SQL["lock_notices"], list(wanted)) if wanted else []
            ended = await _end(connection, reports)
            await _note_receipts(connection, reports)
            buried = await self._bury(connection, unreadable)
            corrected = await self._correct(connection, ended, applications)
            closed = await close(connection, ended, self._clock.now(), traces)
        ends = [DeliveryEnd(row["ended_as"]) for row in ended]
        return Entered(ends, len(wanted) - len(known), len(buried)), [*buried, *corrected, *closed]

    async def _bury(self, connection: Connection, unreadable: Iterable[Unreadable]) -> list[Row]:
        now = self._clock.now()
        aside = [(one, Aside(one.source, Effect.DEAD, one.reason, None, one.detail)) for one in unreadable]
        fresh = await store.put_aside(connection, [each for _, each in aside], now)
        rows = [
            messages.dead_letter(each, subject=DEAD_DELIVERIES_SUBJECT, received_on=one.subject, now=now)
            for one, each in aside
            if one.source.id in fresh
        ]
        await self._outbox.insert(connection, rows)
        return rows

    async def _correct(
        self,
        connection: Connection,
        ended: Sequence[asyncpg.Record],
        applications: Mapping[ApplicationKey, Application],
    ) -> list[Row]:
        """Tell those where their document stands whom a notice reached in spite of its withdrawal."""
        told = [row["notice_id"] for row in ended if row["ended_as"] in TOLD]
        found = await connection.fetch(SQL["withdrawn_among"], told) if told else []
        keys = {ApplicationKey(row["application_key"]) for row in found}
        if not keys <= applications.keys():
            raise _UnlockedError(frozenset(keys))
        if not keys:
            return []
        rows = await correct(connection, [applications[key] for key in keys], {}, self._clock.now())
        await self._outbox.insert(connection, rows)
        return rows


async def give_up(connection: Connection, notices: Sequence[UUID], now: datetime) -> None:
    """Let notices end that nobody will send any more."""
    await connection.fetch(SQL["lock_notices"], notices)
    reports = (
        DeliveryReport(notice_id=NoticeId(one), status=DeliveryEnd.UNDELIVERABLE, reason="dropped", at=now)
        for one in notices
    )
    await close(connection, await _end(connection, reports), now)


async def close(
    connection: Connection, ended: Sequence[asyncpg.Record], now: datetime, traces: Traces = _NONE
) -> list[Row]:
    """Number who was not told, and say of which events the last notice has ended; the last to lock."""
    if not ended:
        return []
    if any(row["ended_as"] in UNREACHED for row in ended):
        await connection.execute(SQL["lock_numbers"])
        await connection.execute(SQL["number_unreached"], [row["notice_id"] for row in ended])
    causes = {identity_of(row): traces.get(row["notice_id"]) for row in ended}
    rows = await reached(connection, causes, now)
    await outbox.store(connection, rows)
    return rows


def identity_of(row: asyncpg.Record) -> Identity | None:
    """Return the event that caused a notice."""
    return None if row["event_id"] is None else Identity(row["publisher"], row["event_id"])


async def reached(
    connection: Connection, causes: Mapping[Identity | None, str | None], now: datetime
) -> list[Row]:
    """Return a message for each of these events of which the last notice has ended.

    Name only events of which this transaction has ended a notice: every notice ends once, so one transaction
    ends the last one, and sees that under the event's lock. With each goes the span that ended it.
    """
    named = sorted(one for one in causes if one is not None)
    if not named:
        return []
    columns = [one.publisher for one in named], [one.event_id for one in named]
    events = [
        messages.Told(
            Identity(row["publisher"], row["event_id"]), row["notices"], row["document_type"], row["office"]
        )
        for row in await connection.fetch(SQL["lock_events"], *columns)
    ]
    ends: dict[Identity, dict[str | None, int]] = defaultdict(dict)
    for row in await connection.fetch(SQL["ends_of"], *columns):
        ends[Identity(row["publisher"], row["event_id"])][row["ended_as"]] = row["count"]
    return [
        messages.reach(one, _named(ends[one.identity]), now, causes[one.identity])
        for one in events
        if None not in ends[one.identity]
    ]


def _named(counts: Mapping[str | None, int]) -> dict[DeliveryEnd, int]:
    return {DeliveryEnd(end): count for end, count in counts.items() if end is not None}


async def _end(connection: Connection, reports: Iterable[DeliveryReport]) -> list[asyncpg.Record]:
    first: dict[UUID, DeliveryReport] = {}
    for one in reports:
        if isinstance(one.status, DeliveryEnd):
            first.setdefault(one.notice_id, one)
    if not first:
        return []
    return await connection.fetch(
        SQL["end_notices"],
        list(first),
        [one.status for one in first.values()],
        [one.reason for one in first.values()],
        [one.attempts for one in first.values()],
        [one.at for one in first.values()],
    )


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
