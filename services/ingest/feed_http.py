"""`GET /v1/outcomes`: what became of the publisher's events, in order, from wherever the reader left off."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from contracts.delivery import DeliveryEnd
from contracts.outcome import Effect
from runtime.postgres import TRANSIENT
from services.ingest.auth import Gate
from services.ingest.domain import cursors
from services.ingest.domain.faults import Fault
from services.ingest.feed_store import FeedStore, Told
from services.ingest.keys import Scope
from services.ingest.openapi import problems
from services.ingest.problems import ProblemError, unavailable

MOST = 1000


class OutcomeShape(BaseModel):
    """What an event did (`kind` effect), or how many of its people were reached (`kind` reach, later)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cursor: str
    kind: Literal["effect", "reach"]
    event_id: str
    effect: Effect | None = None
    document_type: str | None = None
    stage: str | None = None
    reason: str | None = None
    notices: int = 0
    ends: dict[DeliveryEnd, int] | None = None
    at: AwareDatetime


class OutcomesAnswer(BaseModel):
    """A page: ask again with `next` as `after`; `more` tells that there is more at once."""

    outcomes: list[OutcomeShape]
    next: str | None
    more: bool


_BODY = TypeAdapter(dict[str, object])


def router(gate: Gate, feed: FeedStore) -> APIRouter:
    """Return the route."""
    found = APIRouter()

    @found.get(
        "/v1/outcomes",
        summary="What became of events, in order",
        responses=problems(400, 401, 403, 422, 429, 503),
        tags=["outcomes"],
    )
    async def outcomes(
        request: Request,
        after: Annotated[str | None, Query(max_length=64, description="`next` of the last answer")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> OutcomesAnswer:
        """No gap and no repeat, whichever process answers; keep `next` together with what you did with it."""
        key = await gate.admit(request.headers.get("authorization"), Scope.OUTCOMES)
        place = cursors.BEGINNING if after is None else cursors.read(after)
        if place is None:
            raise ProblemError(422, "the request has errors", (Fault("/after", "is no cursor of this feed"),))
        try:
            told = await feed.after(key.publisher, place, limit + 1)
        except TRANSIENT as error:
            raise unavailable("the database cannot be reached now; ask again") from error
        page = told[:limit]
        following = cursors.written(page[-1].place) if page else after
        return OutcomesAnswer(outcomes=[shown(one) for one in page], next=following, more=len(told) > limit)

    return found


def shown(told: Told) -> OutcomeShape:
    """Return one outcome as it goes out."""
    body = _BODY.validate_json(told.body)
    return OutcomeShape.model_validate({**body, "cursor": cursors.written(told.place), "kind": told.kind})
