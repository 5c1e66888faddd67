"""What people do in a chat, whichever the messenger: they write, tap, send a picture, block us."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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
    """The citizen sent a picture; `reference` fetches it from the messenger."""

    reference: str


@dataclass(frozen=True)
class Tapped:
    """The citizen tapped a button; `message` is the messenger's id of the message it stood under."""

    data: str
    message: str | None
    query: str


@dataclass(frozen=True)
class Blocked:
    """The citizen blocked or left the bot."""


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

    `failed` comes from messengers that take a message first and give up on it later.
    """

    reference: str
    status: Literal["delivered", "seen", "failed"]


Body = Started | Said | Photo | Tapped | Blocked | Unblocked | DeliveryReceipt | Unsupported


@dataclass(frozen=True)
class Incoming:
    """One thing a citizen did. `update` is unique in the channel and grows; `address` is the chat.

    `private` is False for groups, which are never served.
    """

    update: int
    address: str
    private: bool
    language: str | None
    at: datetime
    body: Body
