"""What a text costs by SMS: parts of 160 characters of GSM 03.38, or of 70 units where one is of no such.

A text of several parts gives a little of each to putting them together again: 153 and 67 are left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Alphabet = Literal["gsm", "ucs2"]
ESCAPE = "\x1b"
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_SEPTETS = {letter: bytes([code]) for code, letter in enumerate(_BASIC) if letter != ESCAPE} | {
    letter: bytes([_BASIC.index(ESCAPE), code]) for letter, code in _EXTENSION.items()
}
_ALPHABET = frozenset(_SEPTETS)
_LETTERS = {septets: letter for letter, septets in _SEPTETS.items()}
_ONE = {"gsm": 160, "ucs2": 70}
_OCTETS = 140
HEADER = 6
"""Octets of what says that a part belongs to a longer text, as it mostly is."""
_LAST_OF_UCS2 = "\uffff"


_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u00a0\u202f\u2009", " "),
        "\u2026": "...",
    }
)


@dataclass(frozen=True)
class Counted:
    """How a text travels: its alphabet, how many units of it, and in how many parts."""

    alphabet: Alphabet
    units: int
    parts: int


def alphabet_of(text: str) -> Alphabet:
    """Return the cheaper alphabet that has every character of a text."""
    return "gsm" if _ALPHABET.issuperset(text) else "ucs2"


def cheapest(text: str) -> str:
    """Return a text with plain dashes, quotes and blanks where these alone keep it out of GSM 03.38.

    Letters are never written by others.
    """
    if alphabet_of(text) == "gsm":
        return text
    plain = text.translate(_TYPOGRAPHY)
    return plain if alphabet_of(plain) == "gsm" else text


def gsm(text: str) -> bytes | None:
    """Return a text in GSM 03.38, a septet a byte; None where the alphabet lacks a character."""
    try:
        return b"".join([_SEPTETS[letter] for letter in text])
    except KeyError:
        return None


def read_gsm(content: bytes) -> str:
    """Return the text that stands in GSM 03.38, a septet a byte; what is none of it is shown as such."""
    found, escape, escaped = [], _BASIC.index(ESCAPE), False
    for octet in content:
        if octet == escape:
            escaped = True
            continue
        letter = _LETTERS.get(bytes((escape, octet))) if escaped else None
        found.append(letter or _LETTERS.get(bytes((octet,)), "\ufffd"))
        escaped = False
    return "".join(found)


def counted(text: str) -> Counted:
    """Return what a text takes; none of anything where it is empty."""
    alphabet = alphabet_of(text)
    units = _units(text, alphabet)
    if units <= _ONE[alphabet]:
        return Counted(alphabet, units, 1 if text else 0)
    if units == len(text):
        return Counted(alphabet, units, -(-units // _each(alphabet, HEADER)))
    return Counted(alphabet, units, sum(1 for _ in _filled(text, alphabet, HEADER)))


def parts_of(text: str, header: int = HEADER) -> tuple[str, ...]:
    """Return the parts in which a text travels; no escaped character and no surrogate pair is split.

    `header` is how many octets of each the header takes where there are several.
    """
    alphabet = alphabet_of(text)
    if _units(text, alphabet) <= _ONE[alphabet]:
        return (text,) if text else ()
    return tuple(_filled(text, alphabet, header))


def _each(alphabet: Alphabet, header: int) -> int:
    """Return the units of one part among several."""
    return (_OCTETS - header) * 8 // 7 if alphabet == "gsm" else (_OCTETS - header) // 2


def _units(text: str, alphabet: Alphabet) -> int:
    wide = _wide(alphabet)
    return len(text) + sum(1 for letter in text if wide(letter))


def _wide(alphabet: Alphabet) -> Callable[[str], bool]:
    """Return what tells the characters that take two units."""
    return _EXTENSION.__contains__ if alphabet == "gsm" else _LAST_OF_UCS2.__lt__


def _filled(text: str, alphabet: Alphabet, header: int) -> Iterator[str]:
    wide, most = _wide(alphabet), _each(alphabet, header)
    start = taken = 0
    for place, letter in enumerate(text):
        units = 2 if wide(letter) else 1
        if taken + units > most:
            yield text[start:place]
            start, taken = place, 0
        taken += units
    yield text[start:]
