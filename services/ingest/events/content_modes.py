"""The content modes of CloudEvents, and what a request's headers say in each: the same over HTTP and NATS."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

from services.ingest.domain.faults import NOT_UTF8, Fault, pointer
from services.ingest.web.json_bodies import MAX_BODY
from services.ingest.web.problems import ProblemError

WholeMode = Literal["single", "binary", "batch"]
Mode = WholeMode | Literal["lines"]

MAX_BATCH_BODY = 10 * MAX_BODY
_MODES: dict[str, Mode] = {
    "application/cloudevents+json": "single",
    "application/cloudevents": "single",
    "application/cloudevents-batch+json": "batch",
    "application/cloudevents-batch": "batch",
    "application/x-ndjson": "lines",
}
_JSON = frozenset({"application/json", "text/json"})
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
# What decoders, that of the NATS client among them, put in the place of bytes that they cannot read.
_REPLACED = "\ufffd"
_ESCAPED = re.compile(r"\\(.)")


class Attributes(NamedTuple):
    """The attributes of an event in binary mode, by name, and what is wrong with those that are not there."""

    values: dict[str, str]
    faults: tuple[Fault, ...]


def mode_of(headers: Mapping[str, str]) -> Mode:
    """Return how the request carries its events; ProblemError 415 for an unknown one.

    Parameters of the type, `charset` among them, say nothing: JSON is UTF-8. In binary mode the type is that
    of the data, any kind of JSON; without a type it is taken to be JSON.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    mode = _MODES.get(kind)
    if mode is not None:
        return mode
    binary = "ce-specversion" in headers
    if kind in _JSON or (not kind and binary):
        return "binary" if binary else "single"
    # Events in a format that is not known here (XML, Avro) may carry ce- headers beside it.
    if binary and kind.endswith("+json") and not kind.startswith("application/cloudevents"):
        return "binary"
    raise ProblemError(
        415,
        "send application/cloudevents+json, application/cloudevents-batch+json, application/x-ndjson, "
        "or application/json (with ce- headers in binary mode)",
    )


def size_limit(mode: WholeMode) -> int:
    """Return the most bytes that a body may have."""
    return MAX_BATCH_BODY if mode == "batch" else MAX_BODY


def attributes(headers: Mapping[str, str]) -> Attributes:
    """Return what the `ce-` headers say, by the rules of the HTTP binding of CloudEvents 1.0 (3.1.3.2).

    A quoted text is unquoted, then percent-encoding is undone once. What is not UTF-8 then is refused: read
    with other characters in its place, two ids could become one.
    """
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for header, raw in headers.items():
        if not header.startswith("ce-"):
            continue
        name = header[3:]
        quoted = _QUOTED.fullmatch(raw)
        try:
            text = raw if quoted is None else _ESCAPED.sub(r"\1", quoted[1])
            value = unquote_to_bytes(text.encode()).decode()
        except UnicodeError:
            value = _REPLACED
        if _REPLACED in value:
            faults.append(Fault(pointer(name), NOT_UTF8))
        else:
            values[name] = value
    return Attributes(values, tuple(faults))


def header_text(raw: bytes) -> str:
    """Return a header's value as text; bytes that are not UTF-8 become lone surrogates, refused later."""
    return raw.decode("utf-8", "surrogateescape")
