"""CloudEvents in bodies: structured, batch, binary and lines of JSON, each item on its own.

A batch is validated in one pass; only where an item is wrong, or the batch is an odd one, is it taken apart.
Of two members of one name in an object the last counts, as in most readers of JSON.
"""

import asyncio
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from contracts.lookalikes import compact
from services.ingest.domain.events import CloudEvent, StageData, Unfit
from services.ingest.domain.faults import Fault, pointer
from services.ingest.domain.numbers import mentions
from services.ingest.events.forms import MAX_BODY, WholeMode, attributes
from services.ingest.events.items import items_of
from services.ingest.receipts.issue import ReceiptRequest
from services.ingest.web.problems import ProblemError, details, faults_of

MAX_ITEMS = 2000
MOST_BRACKETS = 20_000
_ALL_AT_ONCE = 2 * MAX_BODY
_MOST_SIGNS = 25 * MAX_ITEMS
_LONGEST_ID = 128
_READ_AT_ONCE = 50
"""As measured: reading and judging by turns costs a tenth less than 500 at a time, a fifth less than one."""
_BYTES_AT_ONCE = 64 * 1024
_SMALL = 16 * 1024
_AS_LONG = 2048
"""Reading an item takes as long as so many bytes, besides its own."""

# The adapter's own method looks at its options anew for every event.
_ONE = TypeAdapter(CloudEvent).validator
_DATA = TypeAdapter(StageData).validator
_MANY = TypeAdapter(Annotated[list[CloudEvent], Field(max_length=MAX_ITEMS, fail_fast=True)])
_NUL = Fault("", "contains NUL")
_ESCAPES = re.compile(rb"(?<!\\)(\\++)u0000")
_UNSTORABLE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}|(?<![0-9])[0-9]{4300,}+")
MARK = b"\xef\xbb\xbf"
"""The byte order mark, which some editors and exports put before JSON."""
_BASE64 = "data_base64"
_READ = frozenset({*CloudEvent.model_fields, *StageData.model_fields, *ReceiptRequest.model_fields, _BASE64})


class _Reads(Protocol):
    def validate_json(self, text: bytes, /) -> Any: ...  # noqa: ANN401 - as pydantic has it


class Items(NamedTuple):
    """What a body held: well-formed events and what is not one, in the order sent."""

    single: bool
    found: Sequence[CloudEvent | Unfit]


class _Broken(NamedTuple):
    """JSON that is no event, and why."""

    item: object
    faults: tuple[Fault, ...]


async def parse(mode: WholeMode, headers: Mapping[str, str], body: bytes) -> Items:
    """Return the items of a body; ProblemError 400 or 413 where it cannot be taken apart at all."""
    match mode:
        case "batch":
            return Items(single=False, found=await _batch(body))
        case "single":
            return Items(single=True, found=[_one(body)])
        case "binary":
            said = attributes(headers)
            return Items(single=True, found=[_joined(said.values, body, said.faults)])


def parse_lines(lines: Sequence[bytes]) -> Iterator[CloudEvent | Unfit]:
    """Yield the item on each line; some are read at a time, so that they are judged before they are cold."""
    start = 0
    while start < len(lines):
        end, size = start + 1, len(lines[start])
        last = min(start + _READ_AT_ONCE, len(lines))
        while end < last and size < _BYTES_AT_ONCE:
            size += len(lines[end])
            end += 1
        yield from [_item(line) for line in lines[start:end]]
        start = end


async def _batch(body: bytes) -> Sequence[CloudEvent | Unfit]:
    if _is_usual(body):
        try:
            return _MANY.validate_json(body)
        except ValidationError:
            pass  # some item is wrong, or what was sent is no batch
    parts = await items_of(body.removeprefix(MARK), most=MAX_ITEMS, largest=MAX_BODY)
    found: list[CloudEvent | Unfit] = []
    size = 0
    for part in parts:
        found.append(_item(part))
        size += len(part) + _AS_LONG
        if size > _BYTES_AT_ONCE:
            size = 0
            await asyncio.sleep(0)
    return found


def _is_usual(body: bytes) -> bool:
    """Tell whether a batch is read at once within milliseconds."""
    signs = body.count(b",") + body.count(b"[") + body.count(b"{")
    return len(body) <= _ALL_AT_ONCE and signs <= _MOST_SIGNS and b"\\u0000" not in body


def _item(text: bytes) -> CloudEvent | Unfit:
    """Return the event in one line or in one part of a batch; what cannot be read at all is unfit."""
    try:
        return _one(text)
    except ProblemError as problem:
        return Unfit(None, (Fault("", problem.detail),))


def _one(text: bytes) -> CloudEvent | Unfit:
    """Return a structured event; ProblemError 400 where it is not JSON."""
    if len(text) <= _SMALL and b"\\u0000" not in text:
        # Nearly every event; the way around costs a twentieth of all that is done for a line.
        try:
            usual: CloudEvent = _ONE.validate_json(text)
        except ValidationError:
            pass  # read again below, for what is wrong
        else:
            return usual
    found = _read(_ONE, text)
    if isinstance(found, CloudEvent):
        return found
    item = found.item
    if isinstance(item, dict) and item.get("data") is None and isinstance(item.get(_BASE64), str):
        return _unpacked(item, found.faults if _has_nul(text) else ())
    return Unfit(_shown_id(item), found.faults)


def _unpacked(item: dict[str, object], known: tuple[Fault, ...]) -> CloudEvent | Unfit:
    """Return the event whose data is JSON in base64."""
    try:
        return _joined(item, b64decode(str(item[_BASE64]), validate=True), known)
    except (ProblemError, ValueError):
        return Unfit(_shown_id(item), (Fault(pointer(_BASE64), "is not JSON in base64"),))


def _joined(said: Mapping[str, object], data: bytes, known: tuple[Fault, ...]) -> CloudEvent | Unfit:
    """Return the event made of attributes and the JSON of its data; ProblemError 400 where that is none."""
    found = _read(_DATA, data)
    faults = list(known)
    if isinstance(found, _Broken):
        faults += [Fault(pointer("data") + one.pointer, one.detail) for one in found.faults]
    told = {"/data", *(one.pointer for one in known)}
    event: CloudEvent | None = None
    try:
        event = _ONE.validate_python({**said, "data": found})
    except ValidationError as error:
        faults += [one for one in faults_of(details(error)) if one.pointer not in told]
    if event is None or faults:
        item = found.item if isinstance(found, _Broken) else vars(found)
        return Unfit(_shown_id({**said, "data": item}), tuple(faults))
    return event


def _read(schema: _Reads, text: bytes) -> Any:  # noqa: ANN401 - what the schema makes
    """Return what a schema makes of JSON, or a `_Broken`; ProblemError 400 where it is not JSON."""
    read = text
    if len(text) > _SMALL or b"\0" in text:
        check(text)
        read = slim(text)
    try:
        found = schema.validate_json(read)
    except ValidationError as error:
        if text.startswith(MARK) and not text.startswith(MARK * 2):
            return _read(schema, text[len(MARK) :])
        problems = details(error)
        if problems[0]["type"] == "json_invalid":
            return _unreadable(text, problems[0]["msg"])
        return _Broken(from_json(read), (_NUL,) if _has_nul(text) else faults_of(problems))
    return _Broken(from_json(read), (_NUL,)) if b"\\u0000" in text and _has_nul(text) else found


def slim(text: bytes) -> bytes:
    """Return JSON without the members that nobody reads; what is not JSON as it is.

    Each error holds the whole of the object that it is about: made for each of them, a large one is dear.
    """
    try:
        return to_json(_slim(from_json(text)), inf_nan_mode="constants")
    except ValueError:
        return text


def _slim(item: object) -> object:
    if isinstance(item, list):
        return [_slim(one) if isinstance(one, dict) else one for one in item[: MAX_ITEMS + 1]]
    if not isinstance(item, dict):
        return item
    return {name: _slim(value) for name, value in item.items() if name in _READ}


def check(text: bytes) -> None:
    """ProblemError 400 for what is not read at all: the wrong encoding, or JSON that takes long to read."""
    if b"\0" in text:
        raise ProblemError(400, "contains NUL; send JSON in UTF-8")
    if text.count(b"[") + text.count(b"{") > MOST_BRACKETS:
        raise ProblemError(400, f"has more than {MOST_BRACKETS} lists and objects")


def _has_nul(text: bytes) -> bool:
    # An odd number of backslashes begins an escape, an even one is text.
    return any(len(one) % 2 for one in _ESCAPES.findall(text))


def _unreadable(text: bytes, why: str) -> _Broken:
    """Return JSON that says what cannot be stored; ProblemError 400, saying why, where it is no JSON."""
    try:
        item = from_json(_UNSTORABLE.sub(lambda found: b"0" if found[0].isdigit() else rb"\ufffd", text))
    except ValueError:
        raise ProblemError(400, why) from None
    return _Broken(item, (Fault("", "holds half of a surrogate pair, or too long a number"),))


def _shown_id(item: object) -> str | None:
    """Return the id of an unfit item where it is one and does not spell its application number out."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or len(item["id"]) > _LONGEST_ID:
        return None
    data = item.get("data")
    number = data.get("application_number") if isinstance(data, dict) else None
    found: str = item["id"]
    if "\ufffd" in found:
        return None
    return None if isinstance(number, str) and mentions(found, compact(number)) else found
