"""Answers to citizens while they wait: sealed, for they hold code phrases, exports and secrets of receipts.

What is sealed opens in its own row only. One of a version before is read too, in clear or from its box: there
a text is in the subset `<b> <i>` of HTML. A notifier of such a version finds in each answer of ours, whether
or not it has the key, a message that tells people to ask again.
"""

import html
import re
from base64 import b64encode
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict

from runtime.keyring import KeyRing, Sealed, row_context
from services.notifier.domain.messages import Attachment, Button, Message, Run, Text

_TAG = re.compile(r"<(/?)([bi])>")


class _Earlier(BaseModel):
    """What a version before reads as a message; ours is beside it, where that version looks at nothing."""

    model_config = ConfigDict(frozen=True)

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    replaces: str | None = None
    private: bool = False
    plain: bool = False
    attachment: Attachment | None = None
    message: Message | None = None


class _Stored(BaseModel):
    """What is stored of an answer, as JSON: what may be read of it, and the box where it is sealed."""

    model_config = ConfigDict(frozen=True)

    html: str
    key: str | None = None
    box: Base64Bytes | None = None


class Answers:
    """Seals and opens answers under a key ring."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def seal(self, delivery: UUID, message: Message, instead: str) -> str:
        """Return what to store of an answer, JSON; `instead` is what is said by who cannot read it."""
        said = html.escape(instead, quote=False)
        kept = _Earlier(html=said, message=message).model_dump_json(exclude_defaults=True)
        return self._boxed(delivery, kept.encode(), said)

    def open(self, delivery: UUID, stored: str) -> Message:
        """Return an answer that was stored; raise DecryptionError where no key opens it in this row."""
        return _message(_Earlier.model_validate_json(self._inside(delivery, stored)))

    def resealed(self, delivery: UUID, stored: str, instead: str) -> str:
        """Return the same under the current key; raise DecryptionError.

        What was in clear is sealed with `instead` for who cannot read it.
        """
        kept = _Stored.model_validate_json(stored)
        said = html.escape(instead, quote=False) if kept.key is None else kept.html
        return self._boxed(delivery, self._inside(delivery, stored), said)

    def _boxed(self, delivery: UUID, inside: bytes, said: str) -> str:
        sealed = self._ring.seal(inside, _context(delivery))
        return _Stored(html=said, key=sealed.key_id, box=b64encode(sealed.box)).model_dump_json()

    def _inside(self, delivery: UUID, stored: str) -> bytes:
        kept = _Stored.model_validate_json(stored)
        if kept.key is None or kept.box is None:
            return stored.encode()
        return self._ring.open(Sealed(kept.key, kept.box), _context(delivery))


def _message(kept: _Earlier) -> Message:
    if kept.message is not None:
        return kept.message
    text: Text = (Run(kept.html),) if kept.plain else _runs_of(kept.html)
    return Message(text, kept.buttons, kept.replaces, kept.private, kept.plain, kept.attachment)


def _runs_of(markup: str) -> Text:
    """Return a text that a version before wrote, as runs."""
    runs, emphasis, place = [], {"b": False, "i": False}, 0
    for tag in _TAG.finditer(markup):
        runs.append(Run(html.unescape(markup[place : tag.start()]), emphasis["b"], emphasis["i"]))
        emphasis[tag[2]] = not tag[1]
        place = tag.end()
    runs.append(Run(html.unescape(markup[place:]), emphasis["b"], emphasis["i"]))
    return tuple(run for run in runs if run.text)


def _context(delivery: UUID) -> bytes:
    return row_context("delivery.payload", delivery)
