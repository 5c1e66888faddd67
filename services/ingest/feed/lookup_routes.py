"""`GET /v1/events/{event_id}` and `GET /v1/unreached`: one event's fate, and whom to call by phone."""

from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from contracts.messages.base import Code
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import EventId
from contracts.messages.outcome import Effect, meant
from contracts.messages.rpc import EventAnswer, EventQuery, Refused, UnreachedAnswer, UnreachedQuery
from runtime.messaging.jetstream import RpcUnavailableError
from runtime.spreadsheets import csv_for_spreadsheets
from services.ingest.keys.api_keys import Scope
from services.ingest.keys.gate import Gate
from services.ingest.web.answers import problems
from services.ingest.web.paths import Id
from services.ingest.web.problem_kinds import PATH as KINDS
from services.ingest.web.problems import ProblemError, unavailable

MOST = 1000
_COLUMNS = ("office", "stage", "document_type", "event_id", "receipt_id", "end", "reason", "at")
_SEPARATORS = {"comma": ",", "semicolon": ";"}


class OutcomeLookup(Protocol):
    """The tracker, asked once a request; both methods raise RpcUnavailableError where no answer comes."""

    async def event(self, query: EventQuery) -> EventAnswer | Refused:
        """Return what became of one event; refused as `invalid` where the tracker does not know it."""
        ...

    async def unreached(self, query: UnreachedQuery) -> UnreachedAnswer | Refused:
        """Return a page of notices that reached nobody, in the order of their cursors."""
        ...


class EndShape(BaseModel):
    """How many people's notices came to one end for one reason.

    Accepted for the reason `failed`: the messenger took the message and told later that it reached nobody.
    """

    end: DeliveryEnd
    reason: str | None
    notices: int


class EventShape(BaseModel):
    """What an event did: of `notices` people `reached` were told, `pending` still wait.

    `problem`: the page of the service on which it explains why an event was refused.
    """

    event_id: str
    effect: Effect
    document_type: str | None
    stage: str | None
    office: str | None
    problem: str | None
    reason: str | None
    notices: int
    reached: int
    pending: int
    ends: list[EndShape]
    at: AwareDatetime


class UnreachedShape(BaseModel):
    """One person who was not told, by the publisher's own ids."""

    event_id: str
    receipt_id: str | None
    document_type: str
    stage: str
    office: str | None
    end: DeliveryEnd
    reason: str | None
    at: AwareDatetime


class UnreachedPage(BaseModel):
    """A page; `next` is the `after` of the next one."""

    unreached: list[UnreachedShape]
    next: int


def router(gate: Gate, tracker: OutcomeLookup) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["outcomes"])

    @routes.get(
        "/v1/events/{event_id:path}",
        summary="What became of one event",
        responses=problems(401, 403, 404, 422, 429, 503),
    )
    async def event(request: Request, event_id: Id) -> EventShape:
        """404 until the tracker has taken the event in, which is a moment after its 202."""
        key = await gate.admit(request, Scope.OUTCOMES)
        query = EventQuery(publisher=key.publisher, event_id=EventId(event_id))
        try:
            answer = await tracker.event(query)
        except RpcUnavailableError as error:
            raise unavailable("the tracker does not answer now; ask again") from error
        if isinstance(answer, Refused):
            raise _refusal(answer)
        if not key.limits.allows(answer.document_type, answer.office):
            raise ProblemError(403, "this key is not for the document or office of this event")
        return EventShape(
            event_id=event_id,
            effect=meant(answer.effect, answer.problem),
            problem=answer.problem and f"{KINDS}{answer.problem}",
            reached=sum(end.notices for end in answer.ends if end.reached),
            **answer.model_dump(exclude={"result", "effect", "problem"}),
        )

    @routes.get(
        "/v1/unreached",
        summary="Who could not be told",
        responses={
            200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "a page"},
            **problems(401, 403, 422, 429, 503),
        },
        response_model=UnreachedPage,
    )
    async def unreached(
        request: Request,
        *,
        after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
        office: Annotated[Code | None, Query(description="only those of this office")] = None,
        stage: Annotated[Code | None, Query(description="only those of this stage")] = None,
        format: Annotated[Literal["json", "csv"], Query()] = "json",  # noqa: A002 - its public name
        separator: Annotated[
            Literal["comma", "semicolon"],
            Query(description="of CSV: what the spreadsheets of your country expect"),
        ] = "comma",
    ) -> UnreachedPage | Response:
        """The list for operators who call by phone. As CSV the header `X-Next` holds the next `after`.

        The CSV is made for spreadsheets: it begins with a byte order mark, and a cell that one of them would
        run as a formula has an apostrophe before it.

        A key that is limited to documents or offices is told of those alone.
        """
        key = await gate.admit(request, Scope.OUTCOMES)
        limits = key.limits
        query = UnreachedQuery(
            publisher=key.publisher,
            after=after,
            limit=limit,
            office=office,
            stage=stage,
            documents=None if limits.documents is None else tuple(sorted(limits.documents)),
            offices=None if limits.offices is None else tuple(sorted(limits.offices)),
        )
        try:
            answer = await tracker.unreached(query)
        except RpcUnavailableError as error:
            raise unavailable("the tracker does not answer now; ask again") from error
        if isinstance(answer, Refused):
            raise unavailable("the tracker cannot answer now; ask again")
        # A tracker of the version before does not narrow its answer.
        allowed = [row for row in answer.rows if limits.allows(row.document_type, row.office)]
        if format == "csv":
            rows = (row.model_dump(mode="json") for row in allowed)
            table = csv_for_spreadsheets(_COLUMNS, rows, separator=_SEPARATORS[separator])
            return Response(table, media_type="text/csv", headers={"X-Next": str(answer.after)})
        shown = [UnreachedShape(**row.model_dump(exclude={"cursor"})) for row in allowed]
        return UnreachedPage(unreached=shown, next=answer.after)

    return routes


def _refusal(refused: Refused) -> ProblemError:
    if refused.reason == "invalid":
        return ProblemError(404, "the tracker knows no such event")
    return unavailable("the tracker cannot answer now; ask again")
