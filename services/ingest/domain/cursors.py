"""Cursors: a place in the feed of outcomes, in a form with which nobody is tempted to count."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

_LONGEST = 64
_PLACE = re.compile(rb"f1:(\d{1,9}):(\d{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """After the outcome with this sequence of this life (epoch) of the stream; (0, 0) is the beginning."""

    epoch: int
    sequence: int


BEGINNING = Place(0, 0)


def encode(place: Place) -> str:
    """Return the cursor of a place."""
    return urlsafe_b64encode(f"f1:{place.epoch}:{place.sequence}".encode()).rstrip(b"=").decode()


def decode(cursor: str) -> Place | None:
    """Return the place of a cursor, or None for anything that `encode` did not write."""
    if len(cursor) > _LONGEST or not cursor.isascii():
        return None
    try:
        match = _PLACE.fullmatch(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        return None
    place = None if match is None else Place(int(match[1]), int(match[2]))
    return place if place is not None and encode(place) == cursor else None
