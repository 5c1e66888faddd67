"""What people do in a chat, whichever the messenger: they write, tap, send a picture, block us."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.notifier.domain.preferences import Detail

_NUMBER = re.compile(r"-?[1-9][0-9]{0,18}|0")
_NUMBERS = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Started:
    """The citizen opened the conversation, perhaps through a deep link that carries a payload."""

    payload: str | None


@dataclass(frozen=True)
class Said:
    """The citizen wrote a text."""

    text: str


@dataclass(frozen=True)
class Photo:
    """The citizen sent a picture; `reference` fetches it from the messenger.

    `size` in bytes, where the messenger tells it; `caption` is what stands beside it.
    """

    reference: str
    size: int | None = None
    caption: str = ""


@dataclass(frozen=True)
class Document:
    """The citizen sent a file that says it is no picture; all as for a picture."""

    reference: str
    size: int | None = None
    caption: str = ""


@dataclass(frozen=True)
class Tapped:
    """The citizen tapped a button; `message` is the messenger's id of the message it stood under."""

    data: str
    message: str | None
    query: str


@dataclass(frozen=True)
class Blocked:
    """The citizen blocked or left the bot, or `stopped` it by a word that ends messages at once."""

    how: Literal["blocked", "stopped"] = "blocked"


@dataclass(frozen=True)
class Unblocked:
    """The citizen let the bot write again."""


@dataclass(frozen=True)
class Unsupported:
    """Something the conversation has no use for: a sticker, a contact, an edited message."""

    what: str


@dataclass(frozen=True)
class DeliveryReceipt:
    """What became of a message after the messenger took it; `reference` is the messenger's id of it.

    `failed` comes from messengers that take a message first and give up on it later; `reason` is theirs, for
    operators. Where only the message is told, and not to whom it went, `delivery` is the key that it was sent
    with, and the address that it comes from is empty. `unreachable`: why nothing can be sent there any more.
    """

    reference: str
    status: Literal["delivered", "seen", "failed"]
    reason: str | None = None
    delivery: UUID | None = None
    unreachable: Literal["not_found", "deactivated"] | None = None


Body = Started | Said | Photo | Document | Tapped | Blocked | Unblocked | DeliveryReceipt | Unsupported


@dataclass(frozen=True)
class Incoming:
    """One thing a citizen did. `update` is its identity, unique in the account; `address` is the chat.

    `private` is False for groups, which are never served. `inline`: the messenger shows what stands in the
    answer to its post, and nothing else may be sent to this person yet. `confirms`: they proved by it that
    the address is theirs, and chose how much may be told there; where it cannot be dealt with now it is not
    marked as dealt with, for they may do the same again.
    """

    update: str
    address: str
    private: bool
    language: str | None
    at: datetime
    body: Body
    inline: bool = False
    confirms: Detail | None = None

    @property
    def number(self) -> int:
        """Return what tables keep of the identity."""
        return update_number(self.update)


def update_number(identity: str) -> int:
    """Return an update's identity as a signed number of 64 bits: itself where it is one, else of its hash."""
    if _NUMBER.fullmatch(identity) and (number := int(identity)) in _NUMBERS:
        return number
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], signed=True)
