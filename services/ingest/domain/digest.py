"""What makes two events the same: a digest over what the publisher explicitly said, and an id made of it."""

import hashlib
from collections.abc import Mapping
from json.encoder import encode_basestring

from pydantic_core import SchemaSerializer, core_schema

from contracts.ids import EventId, Publisher

Plain = str | int | bool | tuple[str, ...]


_NAMES = (
    *("application_key", "correction", "document_type", "expected_at", "missing", "note", "notify"),
    *("occurred_at", "office", "restart", "sequence", "stage"),
)
_WRITER = SchemaSerializer(
    core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(core_schema.any_schema()) for name in _NAMES}
    )
)


def digest(said: Mapping[str, Plain | None]) -> str:
    """Return 64 hex digits over the canonical JSON of what was said; None says nothing.

    Canonical is: keys sorted, as they must come, no white space, UTF-8 without escapes that are not needed.
    """
    return hashlib.sha256(_WRITER.to_json(said, exclude_none=True)).hexdigest()


def message_id(publisher: Publisher, event_id: EventId, body_digest: str) -> str:
    """Return the id under which the stream drops copies; another body under one event id is no copy."""
    # A list as `json.dumps` writes it: written out, it costs a tenth.
    named = f'[{encode_basestring(publisher)}, {encode_basestring(event_id)}, "{body_digest}"]'
    return hashlib.sha256(named.encode()).hexdigest()
