"""What may be wrong with an item: where (a JSON pointer) and what, never the value itself."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with, or odd about, one field."""

    pointer: str
    detail: str


MOST_OF_AN_ITEM = 20
"""How many faults of one item an answer lists."""
MOST_OF_AN_ANSWER = 200
"""How many faults an answer lists in full; each item rejected beyond them is listed with its first one."""
NOT_UTF8 = "is not UTF-8; encode it as percent and two hex digits a byte"
"""The detail of a fault of a text in a header or a path."""

FIELDS = frozenset(
    {
        *("specversion", "type", "source", "id", "time", "data", "application_number", "document_type"),
        *("stage", "office", "sequence", "expected_at", "missing", "note", "correction", "restart", "notify"),
    }
)


def named_field(faults: tuple[Fault, ...]) -> str:
    """Return the field of an event that the first fault is about, `form` where it is about none."""
    parts = faults[0].pointer.split("/") if faults else []
    return next((part for part in reversed(parts) if part in FIELDS), "form")


def capped(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Return the first faults of an item, and how many there are beyond."""
    if len(faults) <= MOST_OF_AN_ITEM:
        return tuple(faults)
    return (*faults[:MOST_OF_AN_ITEM], more(len(faults) - MOST_OF_AN_ITEM))


def more(count: int) -> Fault:
    """Return what stands for faults that are left out."""
    return Fault("", f"and {count} more")


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) to a place; the empty one is the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
