"""The ledger: how every notice ended, and receipts upon accepted.

The first end stands. A receipt may come before the end: it is kept, and dropped if the end is another. Where
anything says that a notice arrived, `failed` is void, in whatever order they come. When the last notice of an
event has ended, its publisher is told how many people were reached, and again when that changes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import asyncpg

from contracts.messages.delivery import DeliveryEnd, DeliveryReport, Receipt
from contracts.messages.ids import ApplicationKey, NoticeId
from contracts.messages.outcome import Effect
from contracts.streams import DEAD_DELIVERIES_SUBJECT
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import (
    Connection,
    Pool,
    retrying,
    transaction,
)
from runtime.logs import logger
from services.tracker.domain.applications import Application
from services.tracker.domain.batch import Aside
from services.tracker.domain.joining import TOLD
from services.tracker.following.erasure import Erasure
from services.tracker.ledger.corrections import correct
from services.tracker.ledger.reach import (
    Changed,
    Ended,
    Traces,
    close,
    identity_of,
)
from services.tracker.ledger.reports import (
    ForgetRequest,
    Item,
    Report,
    Unreadable,
)
from services.tracker.store.applications import lock
from services.tracker.store.set_aside import dead_letter, put_aside

LOG = logger(__name__)
SQL = sql.load("services.tracker.ledger", "ends.sql")
LANGUAGE = re.compile(r"[a-z]{2,3}")


class _UnlockedError(Exception):
    """Applications must be locked before their notices, and it shows only afterwards which."""

    def __init__(self, keys: frozenset[ApplicationKey]) -> None:
        super().__init__(f"{len(keys)} applications are to be locked first")
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Entered:
    """What a batch of reports came to.

    Ends that stand now, reports of no known notice, dead letters, and notices that `failed` after all.
    """

    ends: Sequence[DeliveryEnd]
    unknown: int
    buried: int
    failed: int


class Ledger:
    """The use cases of the DELIVERIES stream."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock
        self._erasure = Erasure(pool, clock)

    async def enter(self, batch: Sequence[Item]) -> Entered:
        """Enter reports, in stream order, then forget whoever wants it; doing so again changes nothing."""
        ordered = sorted(batch, key=lambda item: item.source.sequence)
        reports = [item for item in ordered if isinstance(item, Report)]
        unreadable = [item for item in ordered if isinstance(item, Unreadable)]
        traces = {report.body.notice_id: report.source.trace for report in reports if report.source.trace}
        entered, rows = await self._enter([report.body for report in reports], unreadable, traces)
        self._outbox.committed(rows)
        for item in ordered:
            if isinstance(item, ForgetRequest):
                await self._erasure.forget(item.body)
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
            applications = await lock(connection, keys) if keys else {}
            wanted = {report.notice_id for report in reports}
            known = await connection.fetch(SQL["lock_notices"], list(wanted)) if wanted else []
            ended = await _end(connection, reports)
            await _note_receipts(connection, reports)
            changed = await _changed(connection, known, reports)
            buried = await self._bury(connection, unreadable)
            corrected = await self._correct(connection, ended, applications)
            closed = await close(
                connection, ended, self._clock.now(), traces, changed=changed, languages=_languages(reports)
            )
        entered = Entered(
            ends=[notice.end for notice in ended],
            unknown=len(wanted) - len(known),
            buried=len(buried),
            failed=sum(notice.failed for notice in changed),
        )
        return entered, [*buried, *corrected, *closed]

    async def _bury(self, connection: Connection, unreadable: Sequence[Unreadable]) -> list[Row]:
        now = self._clock.now()
        aside = [Aside(item.source, Effect.DEAD, item.reason, None, item.detail) for item in unreadable]
        fresh = await put_aside(connection, aside, now)
        rows = [
            dead_letter(dead, subject=DEAD_DELIVERIES_SUBJECT, received_on=item.subject, now=now)
            for item, dead in zip(unreadable, aside, strict=True)
            if item.source.id in fresh
        ]
        await self._outbox.insert(connection, rows)
        return rows

    async def _correct(
        self,
        connection: Connection,
        ended: Sequence[Ended],
        applications: Mapping[ApplicationKey, Application],
    ) -> list[Row]:
        """Tell those where their document stands whom a notice reached in spite of its withdrawal."""
        told = [notice.notice_id for notice in ended if notice.end in TOLD]
        rows = await connection.fetch(SQL["withdrawn_among"], told) if told else []
        keys = {ApplicationKey(row["application_key"]) for row in rows}
        if not keys <= applications.keys():
            raise _UnlockedError(frozenset(keys))
        if not keys:
            return []
        corrections = await correct(connection, [applications[key] for key in keys], {}, self._clock.now())
        await self._outbox.insert(connection, corrections)
        return corrections


async def give_up(connection: Connection, notices: Sequence[NoticeId], now: datetime) -> None:
    """Let notices end that nobody will send any more."""
    await connection.fetch(SQL["lock_notices"], notices)
    reports = (
        DeliveryReport(notice_id=notice, status=DeliveryEnd.UNDELIVERABLE, reason="dropped", at=now)
        for notice in notices
    )
    await close(connection, await _end(connection, reports), now)


def _languages(reports: Iterable[DeliveryReport]) -> dict[NoticeId, str]:
    """Return the languages that were told; what is no code of one is none."""
    return {
        report.notice_id: report.language
        for report in reports
        if report.language is not None and LANGUAGE.fullmatch(report.language)
    }


async def _end(connection: Connection, reports: Iterable[DeliveryReport]) -> list[Ended]:
    """Enter the ends that are reported; return those that stand now."""
    first: dict[NoticeId, DeliveryReport] = {}
    for report in reports:
        if isinstance(report.says, DeliveryEnd):
            first.setdefault(report.notice_id, report)
    if not first:
        return []
    rows = await connection.fetch(
        SQL["end_notices"],
        list(first),
        [report.status for report in first.values()],
        [report.reason for report in first.values()],
        [report.attempts for report in first.values()],
        [report.at for report in first.values()],
    )
    return [Ended(row["notice_id"], DeliveryEnd(row["ended_as"]), identity_of(row)) for row in rows]


async def _note_receipts(connection: Connection, reports: Iterable[DeliveryReport]) -> None:
    times: dict[NoticeId, dict[Receipt, datetime]] = {}
    for report in reports:
        if isinstance(report.says, Receipt):
            times.setdefault(report.notice_id, {}).setdefault(report.says, report.at)
    if times:
        await connection.execute(
            SQL["note_receipts"],
            list(times),
            [receipts.get(Receipt.DELIVERED) for receipts in times.values()],
            [receipts.get(Receipt.SEEN) for receipts in times.values()],
            [receipts.get(Receipt.FAILED) for receipts in times.values()],
        )


async def _changed(
    connection: Connection, before: Sequence[asyncpg.Record], reports: Iterable[DeliveryReport]
) -> list[Changed]:
    """Return which notices failed by now or failed no more, as they were `before` these reports."""
    if not any(row["doubtful"] for row in before) and not any(report.failed for report in reports):
        return []
    known, failed = [row["notice_id"] for row in before], [row["failed"] for row in before]
    rows = await connection.fetch(SQL["changed_among"], known, failed)
    return [Changed(row["notice_id"], row["failed"], identity_of(row)) for row in rows]
