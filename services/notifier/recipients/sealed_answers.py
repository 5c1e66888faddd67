"""Answers to citizens while they wait: sealed, for they hold code phrases, exports and secrets of receipts.

What is sealed opens in its own row only. One in clear, stored by a version before, is read as it stands; a
notifier of such a version finds in a sealed one a message that tells people to ask again.
"""

from base64 import b64encode
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, TypeAdapter

from runtime.keyring import KeyRing, Sealed
from services.notifier.domain.messages import Message

_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


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
        """Return what to store of an answer, JSON; `instead` is the HTML for who cannot open it."""
        sealed = self._ring.seal(_MESSAGE.dump_json(message), _context(delivery))
        return _Stored(html=instead, key=sealed.key_id, box=b64encode(sealed.box)).model_dump_json()

    def open(self, delivery: UUID, stored: str) -> Message:
        """Return an answer that was stored; raise DecryptionError where no key opens it in this row."""
        kept = _Stored.model_validate_json(stored)
        if kept.key is None or kept.box is None:
            return _MESSAGE.validate_json(stored)
        return _MESSAGE.validate_json(self._ring.open(Sealed(kept.key, kept.box), _context(delivery)))

    def resealed(self, delivery: UUID, stored: str, instead: str) -> str:
        """Return the same under the current key; raise DecryptionError.

        What was in clear is sealed with `instead` for who cannot open it.
        """
        kept = _Stored.model_validate_json(stored)
        return self.seal(delivery, self.open(delivery, stored), instead if kept.key is None else kept.html)


def _context(delivery: UUID) -> bytes:
    return b"delivery.payload" + delivery.bytes
