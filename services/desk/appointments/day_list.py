"""The day of an office for those who serve at its counter: who comes when, who came, and when it is closed.

People are known by the code that they say; no name and no number is here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from babel.dates import format_date
from starlette.responses import Response

from contracts.catalogue import Catalogue
from contracts.messages.desk.appointments import Status
from runtime.clock import Clock
from runtime.database.postgres import Pool, transaction
from runtime.process.forms import RefusedError
from services.desk.appointments.closing import SQL, Closing
from services.desk.domain.slots import Closed, Timetable
from services.desk.domain.viewers import Role, Viewer
from services.desk.door.rendering import goes, render
from services.desk.door.routes import Asked, Route
from services.desk.staff.audit import audit

CLERKS: frozenset[Role] = frozenset({"clerk", "supervisor"})
LONGEST_REASON = 200
_YEARS = range(2000, 2200)
_MARKS = {"present": Status.PRESENT, "no_show": Status.NO_SHOW}
_AUDITED = {"present": "appointment kept", "no_show": "appointment missed", "booked": "appointment unmarked"}


@dataclass(frozen=True)
class Line:
    """One appointment as a clerk sees it."""

    id: UUID
    begins: str
    ends: str
    code: str
    document: str
    status: str


@dataclass(frozen=True)
class Shut:
    """A closed span as a clerk sees it, on the day that is shown."""

    id: UUID
    begins: str
    ends: str
    reason: str


@dataclass(frozen=True)
class DayList:
    """The pages of the counter."""

    pool: Pool
    catalogue: Catalogue
    timetables: Mapping[str, Timetable]
    clock: Clock
    closing: Closing

    def routes(self) -> Sequence[Route]:
        """Return the pages, for those who serve at an office and those who lead them."""
        return [
            Route("GET", "/appointments", CLERKS, self.show, "Appointments"),
            Route("POST", "/appointments/mark", CLERKS, self.mark),
            Route("POST", "/appointments/close", CLERKS, self.close),
            Route("POST", "/appointments/open", CLERKS, self.open),
        ]

    async def show(self, asked: Asked) -> Response:
        """Show one day of one office; the first of their offices and today where nothing is chosen."""
        offices = self._offices(asked.viewer)
        chosen = asked.request.query_params.get("office")
        if chosen is None and not offices:
            return render(asked, "appointments/none.html")
        table = self._table(asked.viewer, offices[0] if chosen is None else chosen)
        day = _day(asked.request.query_params.get("day")) or self.clock.now().astimezone(table.zone).date()
        return await self._page(asked, table, day)

    async def _page(
        self, asked: Asked, table: Timetable, day: date, *, problem: str | None = None, meets: int = 0
    ) -> Response:
        office = table.office.code
        since, until = table.bounds(day, day)
        rows = await self.pool.fetch(SQL["day"], office, since, until)
        shut = await self.closing.closed(office, since, until)
        await audit(self.pool, asked.viewer, "appointments of a day read", None)
        return render(
            asked,
            "appointments/day.html",
            status=HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
            offices={code: self._name(asked, code) for code in self._offices(asked.viewer)},
            office=office,
            day=day,
            named=format_date(day, "EEEE, d MMMM y", locale=asked.language),
            before=day - timedelta(days=1),
            after=day + timedelta(days=1),
            lines=[
                Line(
                    row["appointment_id"],
                    _clock(row["starts_at"], table.zone),
                    _clock(row["ends_at"], table.zone),
                    row["code"],
                    self._document(asked, row["document_type"]),
                    row["status"],
                )
                for row in rows
            ],
            shut=[
                Shut(
                    one,
                    _clock(max(span.starts_at, since), table.zone),
                    _clock(min(span.ends_at, until - timedelta(minutes=1)), table.zone),
                    reason,
                )
                for one, span, reason in shut
            ],
            served=bool(table.day(day)),
            problem=problem,
            meets=meets,
            form=asked.form,
            closing=asked.form.get("closing") or str(uuid4()),
        )

    async def mark(self, asked: Asked) -> Response:
        """Note that somebody came, or did not, or take that back."""
        table, day = self._where(asked)
        identity, status = _identity(asked.form.get("appointment")), asked.form.get("status", "")
        office, now = table.office.code, self.clock.now()
        if status not in _AUDITED:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        async with transaction(self.pool) as connection:
            if status in _MARKS:
                done = await connection.fetchval(SQL["mark"], identity, _MARKS[status], now, office)
            else:
                done = await connection.fetchval(SQL["unmark"], identity, now, office)
            if done is not None:
                await audit(connection, asked.viewer, _AUDITED[status], identity)
        return goes(asked, _address(office, day))

    async def close(self, asked: Asked) -> Response:
        """Close a part of a day; where somebody was to come then it is asked about first."""
        table, day = self._where(asked)
        span, identity = _span(asked.form, day, table.zone), _identity(asked.form.get("closing"))
        reason = asked.form.get("reason", "").strip()[:LONGEST_REASON]
        if span is None:
            return await self._page(asked, table, day, problem="hours")
        office = table.office.code
        meets = await self.closing.met(office, span)
        if meets and asked.form.get("sure") != str(meets):
            return await self._page(asked, table, day, problem="meets", meets=meets)
        await self.closing.close(asked.viewer, identity, office, span, reason)
        return goes(asked, _address(office, day))

    async def open(self, asked: Asked) -> Response:
        """Let a closed part of a day be booked again."""
        table, day = self._where(asked)
        await self.closing.open(asked.viewer, _identity(asked.form.get("closing")), table.office.code)
        return goes(asked, _address(table.office.code, day))

    def _where(self, asked: Asked) -> tuple[Timetable, date]:
        """Return of which office and day a form is."""
        day = _day(asked.form.get("day"))
        if day is None:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        return self._table(asked.viewer, asked.form.get("office", "")), day

    def _offices(self, viewer: Viewer) -> list[str]:
        return [code for code in self.timetables if viewer.works_for(code)]

    def _table(self, viewer: Viewer, office: str) -> Timetable:
        """Return the timetable of one of somebody's offices; of others nothing is said, not even no."""
        if office not in self._offices(viewer):
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return self.timetables[office]

    def _name(self, asked: Asked, office: str) -> str:
        return self.catalogue.text(self.catalogue.offices[office].name, asked.language)

    def _document(self, asked: Asked, document_type: str) -> str:
        found = self.catalogue.documents.get(document_type)
        return document_type if found is None else self.catalogue.text(found.name, asked.language)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def _address(office: str, day: date) -> str:
    return f"/appointments?office={office}&day={day}"


def _day(written: str | None) -> date | None:
    try:
        found = date.fromisoformat(written or "")
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _identity(written: str | None) -> UUID:
    try:
        return UUID(written or "")
    except ValueError:
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None


def _span(form: Mapping[str, str], day: date, zone: ZoneInfo) -> Closed | None:
    """Return the hours of a day that a form names; None where they are none."""
    try:
        begins, ends = (time.fromisoformat(form.get(name, "")) for name in ("begins", "ends"))
    except ValueError:
        return None
    if begins.tzinfo is not None or ends.tzinfo is not None or ends <= begins:
        return None
    return Closed(datetime.combine(day, begins, zone), datetime.combine(day, ends, zone))
