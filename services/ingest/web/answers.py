"""The shapes of errors in answers, as they go out and as the OpenAPI description shows them."""

from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.ingest.domain.faults import Fault
from services.ingest.web.problem_kinds import BY_STATUS, Kind
from services.ingest.web.problems import PROBLEM_JSON

Json = dict[str, Any]
REFERENCE = "#/components/schemas/{model}"
Index = Annotated[int, Field(description="the item's place in the request, from 0")]
_RETRY_AFTER: Json = {
    "description": "seconds until the identical request may go",
    "schema": {"type": "integer"},
}


class AnswerShape(BaseModel):
    """What every shape of an answer has in common."""

    model_config = ConfigDict(frozen=True)


class ErrorShape(AnswerShape):
    """Where (JSON pointer) and what; never the value."""

    pointer: str
    detail: str


class ProblemShape(AnswerShape):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorShape] = []


def errors(faults: tuple[Fault, ...]) -> list[ErrorShape]:
    """Return faults as they are shown."""
    return [ErrorShape(pointer=fault.pointer, detail=fault.detail) for fault in faults]


def reference(model: type[BaseModel]) -> Json:
    """Return the reference to a model of the description."""
    return {"$ref": REFERENCE.format(model=model.__name__)}


def problems(*statuses: int) -> dict[int | str, Json]:
    """Return the description of the problems with which a route may answer."""
    return {status: _problem(BY_STATUS[status]) for status in statuses}


def _problem(kind: Kind) -> Json:
    example: Json = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": kind.cause}
    if kind.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        example["errors"] = [{"pointer": "/data/stage", "detail": "is required"}]
    described = {
        "description": kind.cause,
        "content": {PROBLEM_JSON: {"schema": reference(ProblemShape), "example": example}},
    }
    return {**described, "headers": {"Retry-After": _RETRY_AFTER}} if kind.again else described
