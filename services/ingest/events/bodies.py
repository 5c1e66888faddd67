"""CloudEvents in HTTP bodies: structured, batch, binary and lines of JSON, each item on its own.

A batch is validated in one pass; only where an item is wrong are the others validated again without it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple
from urllib.parse import unquote

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from contracts.lookalikes import compact
from services.ingest.domain.events import CloudEvent, Unfit
from services.ingest.domain.faults import Fault
from services.ingest.domain.numbers import mentions
from services.ingest.web.problems import ProblemError, details, faults_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

WholeMode = Literal["single", "binary", "batch"]
Mode = WholeMode | Literal["lines"]

MAX_BODY = 1024 * 1024
MAX_BATCH_BODY = 10 * MAX_BODY
MAX_ITEMS = 2000
_MAX_COMMAS = 100 * MAX_ITEMS
_LONGEST_ID = 128
_READ_AT_ONCE = 50
"""As measured: reading and judging by turns costs a tenth less than 500 at a time, a fifth less than one."""

# The adapter's own method looks at its options anew for every event.
_ONE = TypeAdapter(CloudEvent).validator
_MANY = TypeAdapter(Annotated[list[CloudEvent], Field(max_length=MAX_ITEMS)])
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Items(NamedTuple):
    """What a body held: well-formed events and what is not one, in the order sent."""

    single: bool
    found: Sequence[CloudEvent | Unfit]


def mode_of(headers: Mapping[str, str]) -> Mode:
    """Return how the request carries its events; ProblemError 415 for a way that is not known."""
    content_type = headers.get("content-type", "").strip().lower()
    # The batch's name begins with the single one's, so it is looked for first.
    if content_type.startswith("application/cloudevents-batch+json"):
        return "batch"
    if content_type.startswith("application/cloudevents+json"):
        return "single"
    if content_type.startswith("application/x-ndjson"):
        return "lines"
    if content_type.startswith("application/json"):
        return "binary" if "ce-specversion" in headers else "single"
    raise ProblemError(
        415,
        "send application/cloudevents+json, application/cloudevents-batch+json, application/x-ndjson, "
        "or application/json (with ce- headers in binary mode)",
    )


def size_limit(mode: WholeMode) -> int:
    """Return the most bytes that a body may have."""
    return MAX_BATCH_BODY if mode == "batch" else MAX_BODY


def parse(mode: WholeMode, headers: Mapping[str, str], body: bytes) -> Items:
    """Return the items of a body; ProblemError 400 or 413 where it cannot be taken apart at all."""
    if b"\0" in body or (b"\\u0000" in body and mode != "batch" and _NUL.search(body)):
        raise ProblemError(400, "the body contains NUL")
    match mode:
        case "batch":
            return Items(single=False, found=_batch(body))
        case "single":
            return Items(single=True, found=[_one(body)])
        case "binary":
            return Items(single=True, found=[_one(_enveloped(headers, body))])


def _one(body: bytes) -> CloudEvent | Unfit:
    try:
        event: CloudEvent = _ONE.validate_json(body)
    except ValidationError as error:
        problems = details(error)
        if problems[0]["type"] == "json_invalid":
            raise ProblemError(400, problems[0]["msg"]) from None
        return Unfit(_shown_id(from_json(body)), faults_of(problems))
    return event


def _batch(body: bytes) -> Sequence[CloudEvent | Unfit]:
    if body.count(b",") > _MAX_COMMAS:
        raise _too_many()
    try:
        return _MANY.validate_json(body)
    except ValidationError as error:
        problems = details(error)
    head = problems[0]
    if head["type"] == "json_invalid":
        raise ProblemError(400, head["msg"])
    if not head["loc"]:
        raise _too_many() if head["type"] == "too_long" else ProblemError(400, "a batch is a JSON array")
    raw: list[object] = from_json(body)
    by_item: dict[int, list[ErrorDetails]] = {}
    for problem in problems:
        by_item.setdefault(int(problem["loc"][0]), []).append(problem)
    rest = iter(_MANY.validate_json(json.dumps([one for at, one in enumerate(raw) if at not in by_item])))
    return [
        Unfit(_shown_id(one), faults_of(by_item[at], strip=1)) if at in by_item else next(rest)
        for at, one in enumerate(raw)
    ]


def parse_lines(lines: Sequence[bytes]) -> Iterator[CloudEvent | Unfit]:
    """Yield the item on each line; some are read at a time, so that they are judged before they are cold."""
    for start in range(0, len(lines), _READ_AT_ONCE):
        yield from [_line(line) for line in lines[start : start + _READ_AT_ONCE]]


def _line(line: bytes) -> CloudEvent | Unfit:
    """Return the item on one line; a line that cannot be read at all is an unfit item."""
    if b"\0" in line:
        return Unfit(None, (Fault("", "contains NUL"),))
    try:
        return _one(line)
    except ProblemError as problem:
        return Unfit(None, (Fault("", problem.detail),))


def _too_many() -> ProblemError:
    return ProblemError(413, f"at most {MAX_ITEMS} events at once")


def _enveloped(headers: Mapping[str, str], body: bytes) -> bytes:
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    try:
        return json.dumps({**attributes, "data": from_json(body)}).encode()
    except ValueError as error:
        raise ProblemError(400, f"Invalid JSON: {error}") from None


def _shown_id(item: object) -> str | None:
    """Return the id of an unfit item where it is one and does not spell its application number out."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or len(item["id"]) > _LONGEST_ID:
        return None
    data = item.get("data")
    number = data.get("application_number") if isinstance(data, dict) else None
    found: str = item["id"]
    return None if isinstance(number, str) and mentions(found, compact(number)) else found
