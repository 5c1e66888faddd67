"""What may be wrong with an item: where (a JSON pointer) and what, never the value itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with, or odd about, one field."""

    pointer: str
    detail: str


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) to a place; the empty one is the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
