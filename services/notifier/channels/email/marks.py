"""The names of letters, which only we can make: what comes back under one is about that letter.

A mark is a keyed hash of the letter's key. With an address for what comes back it stands in the envelope
alone, where only the receiving servers see it, else in the letter's own name, too, which whoever gets the
letter may see.
"""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from runtime.keyring import KeyRing

PURPOSE = "docwatch/email"
LONGEST_BOUNCE_NAME = 12
"""So many characters of an address for what comes back stand before its @: 64 in all, with the mark."""
_MARK_BYTES = 15
_MOST_TRIED = 50
_PROOF = re.compile(r"(?<![a-z2-7])([a-z2-7]{26})-([a-z2-7]{24})(?![a-z2-7])", re.IGNORECASE)


@dataclass(frozen=True)
class Marks:
    """Makes and knows the names of letters.

    Attributes:
        ring: the keys by which letters are marked; those before the current one still count.
        domain: what the names of letters end with, in ASCII.
        bounces: where the letters that cannot be delivered go; None: to whom they are from.
    """

    ring: KeyRing = field(repr=False)
    domain: str
    bounces: str | None = None

    def envelope_id(self, key: UUID) -> str:
        """Return what a server is told as the letter's own name, for reports to us alone."""
        return f"{_letters(key.bytes)}-{self._marks(key)[0]}"

    def sender(self, key: UUID, default: str) -> str:
        """Return whom the envelope is from: the address for what comes back, with the mark in it."""
        if self.bounces is None:
            return default
        name, _, domain = self.bounces.rpartition("@")
        return f"{name}+{self.envelope_id(key)}@{domain}"

    def message_id(self, key: UUID) -> str:
        """Return the letter's own name, which is the same whenever the same is sent again."""
        named = self.envelope_id(key) if self.bounces is None else _letters(key.bytes)
        return f"<{named}@{self.domain}>"

    def thread_id(self, thread: str) -> str:
        """Return the name of the letter that all letters of a thread answer, which was never sent."""
        found = self.ring.lookup(self.ring.current, "thread", thread)
        return f"<t-{_letters(found[:_MARK_BYTES])}@{self.domain}>"

    def proved(self, text: str) -> UUID | None:
        """Return the key of the first letter that is named with its mark in a text of bounded length."""
        for place, found in enumerate(_PROOF.finditer(text)):
            if place >= _MOST_TRIED:
                break
            key = UUID(bytes=b32decode(found[1].upper() + "======"))
            if any(hmac.compare_digest(found[2].lower(), mark) for mark in self._marks(key)):
                return key
        return None

    def _marks(self, key: UUID) -> list[str]:
        return list(_each(self.ring, key))


def _each(ring: KeyRing, key: UUID) -> Iterator[str]:
    for value in ring.lookups("letter", key.hex):
        yield _letters(value[:_MARK_BYTES])


def _letters(value: bytes) -> str:
    return b32encode(value).decode().rstrip("=").lower()
