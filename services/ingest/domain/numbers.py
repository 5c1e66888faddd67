"""Application numbers: all spellings of one become one match key, and of that only a keyed hash goes on.

A number is read as a series of letters and a row of digits, either of which may be missing: in the series
`1` and `0` were meant as I and O, among the digits I, L, O and З as 1, 1, 0 and 3. Of all readings that fit
one of the agency's patterns the one that changes the fewest characters is taken, so a number of another
shape is recognised where it is typed exactly. Dashes and spaces carry no meaning.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from contracts.lookalikes import compact, cyrillic
from contracts.messages.ids import ApplicationKey
from runtime.crypto import keyed_hash

LONGEST = 64
TAIL = 4
_AS_LETTERS = str.maketrans({"0": "O", "1": "I"})
_AS_DIGITS = str.maketrans({"O": "0", "I": "1", "L": "1", "З": "3"})
_BOUNDARY = re.compile(r"(?<=[^\W\d])(?=\d)")


class Application(NamedTuple):
    """Which application is meant, without its number: 64 hex digits and the number's tail."""

    key: ApplicationKey
    masked: str


@dataclass(frozen=True)
class Numbering:
    """An agency's application numbers."""

    agency: str
    patterns: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, agency: str, patterns: Iterable[str]) -> "Numbering":
        """Compile the patterns of an agency."""
        return cls(agency, tuple(re.compile(pattern) for pattern in patterns))

    def match_key(self, raw: str) -> str | None:
        """Return what is the same for all spellings of a number, or None where it fits no pattern."""
        if len(raw) > LONGEST:
            return None
        typed = compact(raw)
        if self._fits(typed) or self._fits(_BOUNDARY.sub("-", typed, count=1)):
            return typed
        readings = [
            (_changes(typed, series + digits), len(series), series + digits)
            for series, digits in _readings(typed)
            if self._fits(series + digits) or self._fits(f"{series}-{digits}")
        ]
        return min(readings)[2] if readings else None

    def _fits(self, form: str) -> bool:
        return self._matched(form) or self._matched(cyrillic(form))

    def _matched(self, form: str) -> bool:
        # A loop, for this is done for every event and a generator costs more than the matching.
        for pattern in self.patterns:  # noqa: SIM110 - see above
            if pattern.fullmatch(form):
                return True
        return False


def application(numbering: Numbering, pepper: bytes, match_key: str) -> Application:
    """Return what stands for a number from here on; without the pepper nobody can guess it back."""
    key = keyed_hash(pepper, numbering.agency, match_key).hex()
    return Application(ApplicationKey(key), f"…{match_key[-TAIL:]}")


def mentions(text: str, match_key: str) -> bool:
    """Tell whether a text spells the number out."""
    return match_key in compact(text)


def _readings(typed: str) -> Iterator[tuple[str, str]]:
    for length in range(len(typed) + 1):
        yield typed[:length].translate(_AS_LETTERS), typed[length:].translate(_AS_DIGITS)


def _changes(typed: str, reading: str) -> int:
    return sum(before != after for before, after in zip(typed, reading, strict=True))
