"""What the readers of pictures share: how a picture comes out of them, and that one is broken."""

from dataclasses import dataclass

MOST_PARTS = 20_000
"""Segments or chunks of one picture: a camera writes some dozens, a large PNG some thousands."""


class BrokenError(Exception):
    """A picture ends too early, or is not built as its kind is."""


@dataclass(frozen=True)
class Picture:
    """A picture without what does not show; `width` and `height` in dots, as it says itself."""

    width: int
    height: int
    data: bytes
