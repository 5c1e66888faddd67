"""The shape of an outcome as it goes out, in a page of the feed and in a callback alike."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.desk.calls import Called, CallResult, Wish
from contracts.messages.outcome import Effect
from services.ingest.domain import cursors
from services.ingest.feed.store import StoredOutcome
from services.ingest.web.problem_kinds import PATH

_BODY = TypeAdapter(dict[str, object])


class CallShape(BaseModel):
    """How one call by phone went: after `tries` calls to this person, and whether it was the last about this.

    `receipt_id`: the receipt by which they follow, where it is the publisher's own. `wants` stands with the
    result of that name, `again_at` where they are to be called again.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    receipt_id: str | None = None
    result: CallResult
    wants: Wish | None = None
    again_at: AwareDatetime | None = None
    tries: int
    over: bool


class CalledBody(BaseModel):
    """A call as it is stored in the feed."""

    event_id: str
    document_type: str
    stage: str
    office: str | None = None
    call: CallShape
    at: AwareDatetime


class OutcomeShape(BaseModel):
    """What an event did (`kind` effect), or how many of its people were reached (`kind` reach, later).

    Or how one of them was called by phone (`kind` call, each call one).

    Reached are those accepted in `ends`, less `failed`; of several of one event the latest `at` counts.
    `problem`: the page of the service on which it explains why an event was refused.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    cursor: str
    kind: Literal["effect", "reach", "call"]
    event_id: str
    effect: Effect | None = None
    document_type: str | None = None
    stage: str | None = None
    office: str | None = None
    problem: str | None = None
    reason: str | None = None
    notices: int = 0
    ends: dict[DeliveryEnd, int] | None = None
    failed: int = 0
    call: CallShape | None = None
    at: AwareDatetime


def called_body(called: Called) -> CalledBody:
    """Return a call as it is to be stored."""
    said = called.model_dump()
    return CalledBody(**said, call=CallShape(**said))


def outcome_shape(stored: StoredOutcome) -> OutcomeShape:
    """Return one outcome as it goes out."""
    body = _BODY.validate_json(stored.body)
    if (problem := body.get("problem")) is not None:
        # As it came from the stream, where it is written for readers of every version.
        body |= {"effect": Effect.REFUSED, "problem": f"{PATH}{problem}"}
    return OutcomeShape.model_validate({**body, "cursor": cursors.encode(stored.place), "kind": stored.kind})
