"""Every error as `application/problem+json` (RFC 9457), with pointers to the fields, never their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from services.ingest.domain.faults import MOST_OF_AN_ITEM, Fault, more, pointer
from services.ingest.web.problem_kinds import BY_NAME, BY_STATUS, Kind

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5
_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_CODE = "must be a code: letters, digits and . _ : - only, at most 64, the first a letter or digit"
_SENTENCES = {
    "missing": "is required",
    "string_pattern_mismatch": _CODE,
    "timezone_aware": "must have a time zone, as in 2026-01-31T10:00:00+02:00",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "too_long": "has too many items",
}


@dataclass
class ProblemError(Exception):
    """A request that ends with an error; `faults` name the fields where there are any.

    `kind`: of which kind it is, where its status alone does not say that.
    """

    status: int
    detail: str
    faults: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = None


def unavailable(detail: str) -> ProblemError:
    """Return the answer for what may succeed a little later, sent again unchanged."""
    return ProblemError(503, detail)


def render(problem: ProblemError) -> Response:
    """Return the problem as a response."""
    kind = problem.kind or BY_STATUS.get(problem.status)
    body: dict[str, object] = {
        "type": "about:blank" if kind is None else kind.type,
        "title": HTTPStatus(problem.status).phrase if kind is None else kind.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.faults:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in problem.faults]
    headers = dict(problem.headers)
    if problem.status in _AGAIN:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return JSONResponse(body, status_code=problem.status, headers=headers, media_type=PROBLEM_JSON)


async def on_problem(_: Request, error: Exception) -> Response:
    """Answer a ProblemError."""
    if not isinstance(error, ProblemError):
        raise error
    return render(error)


async def on_parameters(_: Request, error: Exception) -> Response:
    """Answer parameters that break their rules, without repeating them."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = faults_of(error.errors(), strip=1)
    return render(ProblemError(422, "the request has errors", faults))


async def on_http_error(_: Request, error: Exception) -> Response:
    """Answer what routing refuses: an unknown path or method."""
    if not isinstance(error, HTTPException):
        raise error
    return render(ProblemError(error.status_code, str(error.detail), headers=error.headers or {}))


async def on_crash(_: Request, __: Exception) -> Response:
    """Answer a fault of ours."""
    return crashed()


def crashed() -> Response:
    """Return the answer to a fault of ours; the trace is in the log and not in the answer."""
    return render(ProblemError(500, "an unexpected error; sending the same again is safe"))


async def explain(request: Request) -> Response:
    """Answer for a problem's `type` with its cause and cure, in plain text."""
    kind = BY_NAME.get(request.path_params["name"])
    if kind is None:
        raise ProblemError(404, "there is no such kind of problem")
    return PlainTextResponse(kind.page)


def faults_of(
    errors: Sequence["ErrorDetails"], *, strip: int = 0, most: int = MOST_OF_AN_ITEM
) -> tuple[Fault, ...]:
    """Return the first `most` validation errors as faults, without the first `strip` parts of each place."""
    faults = tuple(Fault(pointer(*error["loc"][strip:]), _sentence(error)) for error in errors[:most])
    return faults if len(errors) <= most else (*faults, more(len(errors) - most))


def details(error: ValidationError) -> list["ErrorDetails"]:
    """Return a validation error's parts without the values that caused them."""
    return error.errors(include_url=False, include_input=False)


def _sentence(error: "ErrorDetails") -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "string_pattern_mismatch" and error["loc"][-1] in ("id", "source", "receipt_id"):
        return "must not contain control characters"
    return _SENTENCES.get(error["type"], error["msg"])
