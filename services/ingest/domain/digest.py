"""What makes two events the same: a digest over what the publisher explicitly said, and an id made of it."""

import hashlib
from collections.abc import Mapping
from json.encoder import encode_basestring

from pydantic_core import to_json

from contracts.ids import EventId, Publisher

Plain = str | int | bool | tuple[str, ...]


def digest(given: Mapping[str, Plain]) -> str:
    """Return 64 hex digits over the canonical JSON of the given fields, whatever their order.

    Canonical is: keys sorted, no white space, UTF-8 without escapes that are not needed.
    """
    return hashlib.sha256(to_json({name: given[name] for name in sorted(given)})).hexdigest()


def message_id(publisher: Publisher, event_id: EventId, body_digest: str) -> str:
    """Return the id under which the stream drops copies; another body under one event id is no copy."""
    # A list as `json.dumps` writes it: written out, it costs a tenth.
    named = f'[{encode_basestring(publisher)}, {encode_basestring(event_id)}, "{body_digest}"]'
    return hashlib.sha256(named.encode()).hexdigest()
