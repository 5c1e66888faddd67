"""What makes two events the same: a digest over what the publisher explicitly said, and an id made of it."""

import hashlib
import json
from collections.abc import Mapping

from contracts.ids import EventId, Publisher

Plain = str | int | bool | list[str]


def digest(given: Mapping[str, Plain]) -> str:
    """Return 64 hex digits over the canonical JSON of the given fields, whatever their order."""
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def message_id(publisher: Publisher, event_id: EventId, body_digest: str) -> str:
    """Return the id under which the stream drops copies; another body under one event id is no copy."""
    named = json.dumps([publisher, event_id, body_digest], ensure_ascii=False)
    return hashlib.sha256(named.encode()).hexdigest()
