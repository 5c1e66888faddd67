"""`GET /v1/outcomes`: what became of the publisher's events, in order, from wherever the reader left off."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from runtime.database.postgres import TRANSIENT
from services.ingest.domain import cursors
from services.ingest.domain.faults import Fault
from services.ingest.feed.outcomes import OutcomeShape, outcome_shape
from services.ingest.feed.store import FeedStore
from services.ingest.keys.api_keys import Scope
from services.ingest.keys.gate import Gate
from services.ingest.web.answers import problems
from services.ingest.web.problems import ProblemError, unavailable

MOST = 1000


class OutcomesAnswer(BaseModel):
    """A page: ask again with `next` as `after`; `more` tells that there is more at once."""

    outcomes: list[OutcomeShape]
    next: str | None
    more: bool


def router(gate: Gate, feed: FeedStore) -> APIRouter:
    """Return the route."""
    routes = APIRouter()

    @routes.get(
        "/v1/outcomes",
        summary="What became of events, in order",
        responses=problems(400, 401, 403, 410, 422, 429, 503),
        tags=["outcomes"],
    )
    async def outcomes(
        request: Request,
        after: Annotated[str | None, Query(max_length=64, description="`next` of the last answer")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> OutcomesAnswer:
        """No gap and no repeat, whichever process answers; keep `next` together with what you did with it.

        A key that is limited to documents or offices is told of those alone, so that a page may hold fewer
        than there is `more` of, or none.
        """
        key = await gate.admit(request, Scope.OUTCOMES)
        place = cursors.BEGINNING if after is None else cursors.decode(after)
        if place is None:
            raise ProblemError(422, "the request has errors", (Fault("/after", "is no cursor of this feed"),))
        try:
            stored = await feed.after(key.publisher, place, limit + 1)
            # Asked last: what is purged by now, and was not when the page was read, is in the page.
            purged = await feed.purged(key.publisher)
        except TRANSIENT as error:
            raise unavailable("the database cannot be reached now; ask again") from error
        if after is not None and purged is not None and place < purged:
            raise ProblemError(410, "outcomes behind this cursor are purged; go on without after")
        page = stored[:limit]
        following = cursors.encode(page[-1].place) if page else after
        shapes = map(outcome_shape, page)
        allowed = [shape for shape in shapes if key.limits.allows(shape.document_type, shape.office)]
        return OutcomesAnswer(outcomes=allowed, next=following, more=len(stored) > limit)

    return routes
