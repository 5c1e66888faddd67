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
from pydantic_core import from_json

from contracts.lookalikes import compact
from services.ingest.domain.events import CloudEvent, StageData, Unfit
from services.ingest.domain.faults import Fault, pointer
from services.ingest.domain.numbers import mentions
from services.ingest.events.content_modes import WholeMode, attributes
from services.ingest.events.json_array import split_array
from services.ingest.web.json_bodies import BYTE_ORDER_MARK, MAX_BODY, check_readable, pruned
from services.ingest.web.problems import ProblemError, details, faults_of

MAX_ITEMS = 2000
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
_EVENT = TypeAdapter(CloudEvent).validator
_DATA = TypeAdapter(StageData).validator
_BATCH = TypeAdapter(Annotated[list[CloudEvent], Field(max_length=MAX_ITEMS, fail_fast=True)])
_NUL = Fault("", "contains NUL")
_ESCAPES = re.compile(rb"(?<!\\)(\\++)u0000")
_UNSTORABLE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}|(?<![0-9])[0-9]{4300,}+")
_UNSTORABLE_SAID = ("hex escape", "out of range")
"""What the reader says of these; to look for them in all that is no JSON would be dearer than to read it."""
_BASE64 = "data_base64"
_MEMBERS = frozenset({*CloudEvent.model_fields, *StageData.model_fields, _BASE64})


class _Reads(Protocol):
    def validate_json(self, text: bytes, /) -> Any: ...  # noqa: ANN401 - as pydantic has it


class ParsedBody(NamedTuple):
    """What a body held: well-formed events and what is not one, in the order sent."""

    single: bool
    items: Sequence[CloudEvent | Unfit]


class _Invalid(NamedTuple):
    """JSON that breaks its schema, and how."""

    item: object
    faults: tuple[Fault, ...]


async def parse(mode: WholeMode, headers: Mapping[str, str], body: bytes) -> ParsedBody:
    """Return the items of a body; ProblemError 400 or 413 where it cannot be taken apart at all."""
    match mode:
        case "batch":
            return ParsedBody(single=False, items=await _parse_batch(body))
        case "single":
            return ParsedBody(single=True, items=[_parse_event(body)])
        case "binary":
            binary = attributes(headers)
            return ParsedBody(single=True, items=[_assembled(binary.values, body, binary.faults)])


def parse_lines(lines: Sequence[bytes]) -> Iterator[CloudEvent | Unfit]:
    """Yield the item on each line; some are read at a time, so that they are judged before they are cold."""
    start = 0
    while start < len(lines):
        end, size = start + 1, len(lines[start])
        last = min(start + _READ_AT_ONCE, len(lines))
        while end < last and size < _BYTES_AT_ONCE:
            size += len(lines[end])
            end += 1
        yield from [_parse_item(line) for line in lines[start:end]]
        start = end


async def _parse_batch(body: bytes) -> Sequence[CloudEvent | Unfit]:
    if _is_plain(body):
        try:
            return _BATCH.validate_json(body)
        except ValidationError:
            pass  # some item is wrong, or what was sent is no batch
    parts = await split_array(body.removeprefix(BYTE_ORDER_MARK), most=MAX_ITEMS, largest=MAX_BODY)
    items: list[CloudEvent | Unfit] = []
    size = 0
    for part in parts:
        items.append(_parse_item(part))
        size += len(part) + _AS_LONG
        if size > _BYTES_AT_ONCE:
            size = 0
            await asyncio.sleep(0)
    return items


def _is_plain(body: bytes) -> bool:
    """Tell whether a batch is read at once within milliseconds."""
    signs = body.count(b",") + body.count(b"[") + body.count(b"{")
    return len(body) <= _ALL_AT_ONCE and signs <= _MOST_SIGNS and b"\\u0000" not in body


def _parse_item(text: bytes) -> CloudEvent | Unfit:
    """Return the event in one line or in one part of a batch; what cannot be read at all is unfit."""
    try:
        return _parse_event(text)
    except ProblemError as problem:
        return Unfit(None, (Fault("", problem.detail),))


def _parse_event(text: bytes) -> CloudEvent | Unfit:
    """Return a structured event; ProblemError 400 where it is not JSON."""
    if len(text) <= _SMALL and b"\\u0000" not in text:
        # Nearly every event; the long way costs a twentieth of all that is done for a line.
        try:
            usual: CloudEvent = _EVENT.validate_json(text)
        except ValidationError:
            pass  # read again below, for what is wrong
        else:
            return usual
    event = _read(_EVENT, text)
    if isinstance(event, CloudEvent):
        return event
    item = event.item
    if isinstance(item, dict) and item.get("data") is None and isinstance(item.get(_BASE64), str):
        return _from_base64(item, event.faults if _has_nul(text) else ())
    return Unfit(_shown_id(item), event.faults)


def _from_base64(item: dict[str, object], known: tuple[Fault, ...]) -> CloudEvent | Unfit:
    """Return the event whose data is JSON in base64."""
    try:
        return _assembled(item, b64decode(str(item[_BASE64]), validate=True), known)
    except (ProblemError, ValueError):
        return Unfit(_shown_id(item), (Fault(pointer(_BASE64), "is not JSON in base64"),))


def _assembled(envelope: Mapping[str, object], data: bytes, known: tuple[Fault, ...]) -> CloudEvent | Unfit:
    """Return the event made of attributes and the JSON of its data; ProblemError 400 where that is none."""
    payload = _read(_DATA, data)
    faults = list(known)
    if isinstance(payload, _Invalid):
        faults += [Fault(pointer("data") + fault.pointer, fault.detail) for fault in payload.faults]
    reported = {"/data", *(fault.pointer for fault in known)}
    event: CloudEvent | None = None
    try:
        event = _EVENT.validate_python({**envelope, "data": payload})
    except ValidationError as error:
        faults += [fault for fault in faults_of(details(error)) if fault.pointer not in reported]
    if event is None or faults:
        item = payload.item if isinstance(payload, _Invalid) else vars(payload)
        return Unfit(_shown_id({**envelope, "data": item}), tuple(faults))
    return event


def _read(schema: _Reads, text: bytes) -> Any:  # noqa: ANN401 - what the schema makes
    """Return what a schema makes of JSON, or an `_Invalid`; ProblemError 400 where it is not JSON."""
    read = text
    if len(text) > _SMALL or b"\0" in text:
        check_readable(text)
        read = pruned(text, _MEMBERS, MAX_ITEMS)
    try:
        parsed = schema.validate_json(read)
    except ValidationError as error:
        if text.startswith(BYTE_ORDER_MARK) and not text.startswith(BYTE_ORDER_MARK * 2):
            return _read(schema, text[len(BYTE_ORDER_MARK) :])
        problems = details(error)
        if problems[0]["type"] == "json_invalid":
            return _unreadable(text, problems[0]["msg"])
        return _Invalid(from_json(read), (_NUL,) if _has_nul(text) else faults_of(problems))
    return _Invalid(from_json(read), (_NUL,)) if _has_nul(text) else parsed


def _has_nul(text: bytes) -> bool:
    # An odd number of backslashes begins an escape, an even one is text.
    return b"\\u0000" in text and any(len(backslashes) % 2 for backslashes in _ESCAPES.findall(text))


def _unreadable(text: bytes, why: str) -> _Invalid:
    """Return JSON that says what cannot be stored; ProblemError 400, saying why, where it is no JSON."""
    if not any(said in why for said in _UNSTORABLE_SAID):
        raise ProblemError(400, why)
    try:
        item = from_json(_UNSTORABLE.sub(lambda match: b"0" if match[0].isdigit() else rb"\ufffd", text))
    except ValueError:
        raise ProblemError(400, why) from None
    return _Invalid(item, (Fault("", "holds half of a surrogate pair, or too long a number"),))


def _shown_id(item: object) -> str | None:
    """Return the id of an unfit item where it is one and does not spell its application number out."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or len(item["id"]) > _LONGEST_ID:
        return None
    data = item.get("data")
    number = data.get("application_number") if isinstance(data, dict) else None
    event_id: str = item["id"]
    if "\ufffd" in event_id:
        return None
    return None if isinstance(number, str) and mentions(event_id, compact(number)) else event_id
