"""Texts sealed and opened: those of messages by the ring shared with the notifier, notes by the same keys."""

from dataclasses import dataclass
from uuid import UUID

from contracts.messages.desk.talk import (
    LONGEST_TEXT,
    PURPOSE,
    Sealed,
    context,
)
from runtime import keyring
from runtime.database.postgres import storable
from runtime.keyring import DecryptionError, KeyRing, parse_keys, row_context
from runtime.logs import logger

LOG = logger(__name__)
_NOTE = "note.text"


@dataclass(frozen=True)
class Texts:
    """The ring of conversations."""

    ring: KeyRing

    @classmethod
    def of(cls, keys: str) -> "Texts":
        """Read `id:hex,id:hex`; raise KeyRingError."""
        return cls(KeyRing(parse_keys(keys), PURPOSE))

    def seal(self, message: UUID, text: str) -> Sealed:
        """Seal a text for the message of that id."""
        sealed = self.ring.seal(text.encode(), context(message))
        return Sealed.of(sealed.key_id, sealed.box)

    def open(self, message: UUID, key: str, box: bytes) -> str | None:
        """Return the text of a message; None where its key is gone or it was tampered with."""
        return self._opened(key, box, context(message))

    def seal_note(self, note: UUID, text: str) -> keyring.Sealed:
        """Seal a note: it opens as a note alone, never as something that is sent."""
        return self.ring.seal(text.encode(), row_context(_NOTE, note))

    def open_note(self, note: UUID, key: str, box: bytes) -> str | None:
        """Return the text of a note; None as for a message."""
        return self._opened(key, box, row_context(_NOTE, note))

    def _opened(self, key: str, box: bytes, where: bytes) -> str | None:
        try:
            return self.ring.open(keyring.Sealed(key, box), where).decode("utf-8", "replace")
        except DecryptionError as error:
            LOG.warning("a text does not open", error=str(error))
            return None


def written(text: str, *, empty: bool = False) -> str:
    """Return a text of the staff's as it is kept; ValueError for one of no or too many characters."""
    kept = storable(text.strip())
    if not (kept or empty):
        raise ValueError("the text is empty")
    if len(kept) > LONGEST_TEXT:
        raise ValueError(f"the text has {len(kept)} characters, more than {LONGEST_TEXT}")
    return kept
