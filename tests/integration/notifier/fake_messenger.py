"""A small messenger of the suite's own, with any capabilities: it refuses whatever is beyond them.

What goes wrong is what a server and a network can do, and is laid by the tests; what our side makes of it is
the channel's (`fake_channel.py`).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from services.notifier.channels.base import Capabilities

Fault = Literal[
    "none",
    "too fast",
    "no entry",
    "refused",
    "bad emphasis",
    "stored, then reset",
    "reset",
    "stored, then silent",
    "garbage",
    "wrong key",
]
FAST_SECONDS = 7


class Payload(TypedDict):
    """What is posted for one message."""

    text: Sequence[tuple[str, str]]
    buttons: Sequence[tuple[str, str]]
    edits: str | None
    file: str | None
    private: bool


class ResetError(ConnectionError):
    """The connection broke."""


class SilentError(TimeoutError):
    """No answer comes."""


@dataclass
class Phone:
    """Somebody's messages from us by their number, oldest first, and whether they shut us out."""

    messages: dict[str, Payload] = field(default_factory=dict)
    shut: bool = False


@dataclass
class FakeMessenger:
    """The server, and the phones."""

    able: Capabilities
    phones: dict[str, Phone] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def post(self, address: str, payload: Payload) -> tuple[int, str]:
        """Return the status and what is said; raise ResetError or SilentError."""
        fault = self.faults.pop(0) if self.faults else "none"
        phone = self.phones.get(address)
        early = {
            "too fast": (429, str(FAST_SECONDS)),
            "no entry": (403, "shut out"),
            "refused": (400, "no"),
            "wrong key": (401, "key"),
            "garbage": (200, ""),
            "bad emphasis": (400, "emphasis"),
        }
        if fault in early:
            return early[fault]
        if fault == "reset":
            raise ResetError
        if phone is None:
            return 404, "nobody"
        if phone.shut:
            return 403, "shut out"
        if wrong := self._wrong(payload):
            return 400, wrong
        edited = payload["edits"] if payload["edits"] in phone.messages else None
        number = edited or f"m{next(self.numbers)}"
        phone.messages[number] = payload
        if fault == "stored, then reset":
            raise ResetError
        if fault == "stored, then silent":
            raise SilentError
        return 200, number

    def _wrong(self, payload: Payload) -> str | None:
        able, text = self.able, "".join(text for text, _ in payload["text"])
        room = able.longest if payload["file"] is None else able.caption
        wrong = {
            "empty": not text and payload["file"] is None,
            "too long": len(text.encode("utf-16-le")) > 2 * room,
            "buttons": bool(payload["buttons"]) and not able.buttons,
            "edit": payload["edits"] is not None and not able.edits,
            "file": payload["file"] is not None and not able.caption,
            "private": payload["private"] and not able.private,
        }
        return next((what for what, found in wrong.items() if found), None)
