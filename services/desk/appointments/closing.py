"""Closed times: staff say when they serve nobody by appointment; whoever was to come then is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.messages.desk.appointments import NewsKind
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, retrying, transaction
from services.desk.appointments.records import SQL as STORE
from services.desk.appointments.records import news_of
from services.desk.domain.slots import Closed, Timetable
from services.desk.domain.viewers import Viewer
from services.desk.metrics import Metrics
from services.desk.staff.audit import audit

SQL = sql.load("services.desk.appointments", "counter.sql")


@dataclass(frozen=True)
class Closing:
    """Closes and opens times of offices."""

    pool: Pool
    outbox: Outbox
    timetables: Mapping[str, Timetable]
    clock: Clock
    metrics: Metrics

    async def close(self, viewer: Viewer, closed_id: UUID, office: str, span: Closed, reason: str) -> int:
        """Close a span and call off what is booked in it; the same id once. Return how many were called off.

        Nobody books in it any more once this returns: whoever books holds the office's lock, as this does.
        """
        rows = await retrying(lambda: self._close(viewer, closed_id, office, span, reason), self.clock)
        self.metrics.appointments_told.labels(NewsKind.CLOSED).inc(rows)
        return rows

    async def _close(self, viewer: Viewer, closed_id: UUID, office: str, span: Closed, reason: str) -> int:
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            await connection.execute(STORE["hold_office"], office)
            given = closed_id, office, span.starts_at, span.ends_at, reason, viewer.staff_id, now
            if await connection.fetchval(SQL["close"], *given) is None:
                return 0
            off = await connection.fetch(SQL["call_off"], office, span.starts_at, span.ends_at, now)
            news = [news_of(row, NewsKind.CLOSED, now) for row in off]
            await self.outbox.insert(connection, news)
            await audit(connection, viewer, "appointment times closed", closed_id)
        self.outbox.committed(news)
        return len(news)

    async def met(self, office: str, span: Closed) -> int:
        """Return how many appointments closing a span would call off."""
        found: int = await self.pool.fetchval(
            SQL["met"], office, span.starts_at, span.ends_at, self.clock.now()
        )
        return found

    async def open(self, viewer: Viewer, closed_id: UUID, office: str) -> bool:
        """Let a span be booked again; False where it is none of the office's."""
        async with transaction(self.pool) as connection:
            found = await connection.fetchval(SQL["open"], closed_id, office) is not None
            if found:
                await audit(connection, viewer, "appointment times opened", closed_id)
        return found

    async def closed(self, office: str, since: datetime, until: datetime) -> list[tuple[UUID, Closed, str]]:
        """Return what is closed between two instants, with the reasons."""
        rows = await self.pool.fetch(STORE["closed"], office, since, until)
        return [(row["closed_id"], Closed(row["starts_at"], row["ends_at"]), row["reason"]) for row in rows]
