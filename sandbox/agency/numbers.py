"""Application numbers: their true canonical form, and the ways in which clerks really type them.

Every spelling folds back to its number by the usual rules: compatibility forms, letter case, dashes and
spaces, Cyrillic letters and the digit 1 that look like the series' Latin letters. Letters are mistyped in
the series only and digits never, so no spelling of one number is a spelling of another.
"""

from collections.abc import Callable, Mapping
from random import Random

TYPED_OTHERWISE = 0.1
_TYPED_WORSE = 0.2
_SERIES = ("AB", "BC", "CA", "CO", "EH", "IB", "IM", "KM", "MI", "OP", "PC", "TX")
_CYRILLIC: Mapping[int, int] = str.maketrans("ABCEHIKMOPTX", "АВСЕНІКМОРТХ")
_DASH = "-"
_NON_BREAKING_HYPHEN = "\u2011"


def numbers(random: Random, count: int) -> list[str]:
    """Return different canonical numbers: `1234567890` or `AB-123456789`, about half of each."""
    tails = random.sample(range(10_000_000, 100_000_000), count)
    return [_number(random, tail) for tail in tails]


def _number(random: Random, tail: int) -> str:
    # The eight drawn digits differ in every number, so numbers stay different however they are folded.
    if random.choice((True, False)):
        return f"{random.randint(10, 99)}{tail}"
    return f"{random.choice(_SERIES)}-{random.randint(1, 9)}{tail}"


def typed(random: Random, number: str) -> str:
    """Return the number as a clerk might type it: nine times in ten as it is."""
    if random.random() >= TYPED_OTHERWISE:
        return number
    slips = _SERIES_SLIPS if _DASH in number else _PLAIN_SLIPS
    spelled = random.choice(slips)(random, number)
    return random.choice(slips)(random, spelled) if random.random() < _TYPED_WORSE else spelled


def _cyrillic_letter(random: Random, number: str) -> str:
    place = random.randrange(2)
    return number[:place] + number[place].translate(_CYRILLIC) + number[place + 1 :]


def _cyrillic_series(_: Random, number: str) -> str:
    return number[:2].translate(_CYRILLIC) + number[2:]


def _one_for_letter(_: Random, number: str) -> str:
    return number[:2].replace("I", "1") + number[2:]


def _non_breaking(_: Random, number: str) -> str:
    return number.replace(_DASH, _NON_BREAKING_HYPHEN)


def _no_dash(_: Random, number: str) -> str:
    return number.replace(_DASH, "").replace(_NON_BREAKING_HYPHEN, "")


def _space_for_dash(_: Random, number: str) -> str:
    return number.replace(_DASH, " ")


def _lower(_: Random, number: str) -> str:
    return number[:2].lower() + number[2:]


def _padded(random: Random, number: str) -> str:
    return random.choice((f" {number.strip()}", f"{number.strip()} ", f" {number.strip()}\u00a0"))


def _grouped(_: Random, number: str) -> str:
    bare = number.strip()
    return bare if " " in bare else f"{bare[:4]} {bare[4:]}"


_Slip = Callable[[Random, str], str]
_PLAIN_SLIPS: tuple[_Slip, ...] = (_padded, _grouped)
_SERIES_SLIPS: tuple[_Slip, ...] = (
    *(_cyrillic_letter, _cyrillic_series, _one_for_letter, _non_breaking),
    *(_no_dash, _space_for_dash, _lower, _padded),
)
