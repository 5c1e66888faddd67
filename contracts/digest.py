"""What makes two stage events the same: a digest over what the publisher explicitly said, and no more.

A default that is written out is said explicitly and is part of the digest; digests are kept for ever, and no
new version may give another one. So an event has a digest for each way to say the same, with each of its
defaults written out or left out, and says the same as another where one's digest is among the other's.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from itertools import combinations
from typing import Final

import orjson

from contracts.messages.stage import StageEvent

_OURS: Final = frozenset({"version", "publisher", "event_id", "digest", "masked", "accepted_at"})
"""The fields of an event that are ours or its identity, not what was said."""
_SAID: Final = {name: field for name, field in StageEvent.model_fields.items() if name not in _OURS}
_DEFAULTS: Final[Mapping[str, object]] = {
    name: field.default
    for name, field in _SAID.items()
    if not field.is_required() and field.default is not None
}
_PLAIN: Final = tuple(sorted(_SAID.keys() - _DEFAULTS.keys() - {"occurred_at"}))


def canonical(said: Mapping[str, object]) -> bytes:
    """Return what was said as JSON: keys sorted, no white space, UTF-8 without escapes that are not needed.

    Instants, which must be in UTC, end in `+00:00`.
    """
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def digest(said: bytes) -> str:
    """Return 64 hex digits over the canonical form of what was said."""
    return hashlib.sha256(said).hexdigest()


def says_the_same(event: StageEvent, known: str) -> bool:
    """Tell whether an event is a copy of the one that has the digest `known`.

    An event whose own digest is not among its spellings says something that this version cannot read.
    """
    return known == event.digest or {known, event.digest} <= set(_spellings(event))


def _spellings(event: StageEvent) -> Iterator[str]:
    """Yield the digest of each way to say the event."""
    said = {name: value for name in _PLAIN if (value := getattr(event, name)) is not None}
    said["occurred_at"] = event.occurred_at.astimezone(UTC)
    values = {name: getattr(event, name) for name in _DEFAULTS}
    said |= {name: value for name, value in values.items() if value != _DEFAULTS[name]}
    left_out = [(name, value) for name, value in values.items() if value == _DEFAULTS[name]]
    for count in range(len(left_out) + 1):
        for chosen in combinations(left_out, count):
            yield digest(canonical({**said, **dict(chosen)}))
