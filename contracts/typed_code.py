"""The code on a receipt that people type: 60 bits and a check character in Crockford's base32.

The 13 characters are a word over the field of 32 elements: character i (from the left, the check character
last) counts a^(12-i) times, where a is a root of x^5 + x^2 + 1, and the sum is zero. The weights are all
different and none is zero, so any one wrong character and any two swapped ones are found for certain, other
mistakes in 31 cases of 32.
"""

import re

from contracts.lookalikes import compact

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 13
_BITS = 5
_BYTES = 8
_REDUCE = 0b100101
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "З": "3"})
_WORD = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def encode(raw: bytes) -> str:
    """Return the 13 characters for the first 60 bits of at least 8 bytes; ValueError for fewer."""
    if len(raw) < _BYTES:
        raise ValueError(f"a typed code needs {_BYTES} bytes")
    number = int.from_bytes(raw[:_BYTES], "big") >> 4
    body = "".join(ALPHABET[(number >> shift) & 31] for shift in range(55, -1, -_BITS))
    return body + ALPHABET[_times_root(_sum(body))]


def grouped(code: str) -> str:
    """Return a code as it is printed: `XXXX-XXXX-XXXX-X`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def parse(text: str) -> str | None:
    """Return the 13 characters that somebody typed in whatever spelling, or None for anything else."""
    code = compact(text).translate(_TYPED) if len(text) <= 4 * LENGTH else ""
    return code if _WORD.fullmatch(code) and _sum(code) == 0 else None


def _sum(code: str) -> int:
    total = 0
    for character in code:
        total = _times_root(total) ^ _VALUE[character]
    return total


def _times_root(value: int) -> int:
    doubled = value << 1
    return doubled ^ _REDUCE if doubled >> _BITS else doubled
