"""`GET /v1/appointments`: who comes to hand-overs of a publisher's documents, and when."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from contracts.messages.base import Code
from contracts.messages.desk.appointments import (
    ListAnswer,
    Listed,
    ListQuery,
    Status,
)
from contracts.messages.ids import Publisher
from runtime.messaging.jetstream import RpcUnavailableError
from runtime.spreadsheets import csv_for_spreadsheets
from services.ingest.keys.api_keys import ApiKey, Scope
from services.ingest.keys.gate import Gate
from services.ingest.web.answers import problems
from services.ingest.web.problems import unavailable

MOST = 1000
_COLUMNS = (
    "office",
    "starts_at",
    "minutes",
    "status",
    "code",
    "receipt_id",
    "document_type",
    "changed_at",
    "id",
)
_SEPARATORS = {"comma": ",", "semicolon": ";"}
_YEARS = range(2000, 2200)


class Calendar(Protocol):
    """Who knows of appointments; both methods raise RpcUnavailableError where no answer comes."""

    async def appointments(self, query: ListQuery) -> ListAnswer:
        """Return a page of a publisher's appointments, in the order of their times."""
        ...

    async def receipts(self, publisher: Publisher, applications: Sequence[UUID]) -> Sequence[str | None]:
        """Return under which receipt a publisher knows each application; None: under none."""
        ...


class AppointmentShape(BaseModel):
    """One appointment, by the publisher's own receipt.

    `code` is what the person says at the counter. `receipt_id` is null where the person came by another
    publisher's receipt, or was forgotten. Only `booked` is to come; `moved` is the time before a move, whose
    new one is an appointment of its own, `closed` was called off by staff, `ended` since the document is not
    ready there any more.
    """

    id: UUID
    office: str
    starts_at: AwareDatetime
    minutes: int
    status: Status
    code: str
    receipt_id: str | None
    document_type: str
    changed_at: AwareDatetime


class AppointmentsPage(BaseModel):
    """A page; `next` is the `after` of the next one, null where this is the last."""

    appointments: list[AppointmentShape]
    next: UUID | None


def router(gate: Gate, calendar: Calendar, zone: ZoneInfo) -> APIRouter:
    """Return the route; days are those of the agency's `zone`."""
    routes = APIRouter(tags=["appointments"])

    @routes.get(
        "/v1/appointments",
        summary="Who comes when",
        responses={
            200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "a page"},
            **problems(401, 403, 422, 429, 503),
        },
        response_model=AppointmentsPage,
    )
    async def appointments(
        request: Request,
        *,
        first: Annotated[date | None, Query(description="the first day, of the agency's calendar")] = None,
        last: Annotated[date | None, Query(description="the last day, which is in it")] = None,
        office: Annotated[Code | None, Query(description="only those of this office")] = None,
        after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
        format: Annotated[Literal["json", "csv"], Query()] = "json",  # noqa: A002 - its public name
        separator: Annotated[
            Literal["comma", "semicolon"],
            Query(description="of CSV: what the spreadsheets of your country expect"),
        ] = "comma",
    ) -> AppointmentsPage | Response:
        """In the order of their times. As CSV the header `X-Next` holds the next `after`, or is missing.

        Only those for documents of which the publisher told last. A key that is limited to documents
        or offices is told of those alone.
        """
        key = await gate.admit(request, Scope.OUTCOMES)
        query = ListQuery(
            publisher=key.publisher,
            office=office,
            since=_midnight(first, zone),
            until=_midnight(last, zone, after=True),
            documents=None if key.limits.documents is None else tuple(sorted(key.limits.documents)),
            offices=None if key.limits.offices is None else tuple(sorted(key.limits.offices)),
            after=after,
            limit=limit,
        )
        try:
            rows = (await calendar.appointments(query)).rows
            shown = await _shown(calendar, key, rows)
        except RpcUnavailableError as error:
            raise unavailable("nobody can tell of appointments now; ask again") from error
        following = rows[-1].appointment_id if len(rows) == limit else None
        if format == "csv":
            cells = (one.model_dump(mode="json") for one in shown)
            table = csv_for_spreadsheets(_COLUMNS, cells, separator=_SEPARATORS[separator])
            headers = {} if following is None else {"X-Next": str(following)}
            return Response(table, media_type="text/csv", headers=headers)
        return AppointmentsPage(appointments=shown, next=following)

    return routes


async def _shown(calendar: Calendar, key: ApiKey, rows: Sequence[Listed]) -> list[AppointmentShape]:
    named = [row.application for row in rows if row.application is not None]
    receipts = dict(zip(named, await calendar.receipts(key.publisher, named), strict=True)) if named else {}
    return [
        AppointmentShape(
            id=row.appointment_id,
            receipt_id=None if row.application is None else receipts[row.application],
            **row.model_dump(exclude={"appointment_id", "application"}),
        )
        for row in rows
        if key.limits.allows(row.document_type, row.office)
    ]


def _midnight(day: date | None, zone: ZoneInfo, *, after: bool = False) -> datetime | None:
    """Return when a day begins, or ends; None for a day that no calendar of ours has."""
    if day is None or day.year not in _YEARS:
        return None
    return datetime.combine(day + timedelta(days=after), time(), zone).astimezone(UTC)
