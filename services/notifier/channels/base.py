"""What every messenger looks like to the notifier: something to send through, something that talks back.

A provider's errors become one of the results below at the edge; nothing behind it knows a messenger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True)
class Button:
    """One tap under a message: `data` is 1 to 64 bytes and comes back when tapped, for months.

    Where there is a `url` the tap opens that instead, and nothing comes back.
    """

    text: str
    data: str = ""
    url: str | None = None


@dataclass(frozen=True)
class Attachment:
    """A file to read, sent along with a message: its name, media type and text."""

    name: str
    media_type: str
    content: str


@dataclass(frozen=True)
class Message:
    """What to show: text in the subset `<b> <i>` of HTML with every value escaped, and rows of buttons.

    `replaces` names the messenger's message to edit in place of sending a new one. A `private` message is
    kept from being passed on where the messenger can do that. A `plain` one has no markup: its text is shown
    as it stands. One with an `attachment` is always new and at most 1024 UTF-16 units long.
    """

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    replaces: str | None = None
    private: bool = False
    plain: bool = False
    attachment: Attachment | None = None


@dataclass(frozen=True)
class Accepted:
    """The messenger took it; `reference` is its own id of the message."""

    reference: str


@dataclass(frozen=True)
class Throttled:
    """Not sent: wait this many seconds, for one chat or the whole account."""

    seconds: float
    scope: Literal["chat", "account"]


@dataclass(frozen=True)
class Unreachable:
    """Refused for good: this person cannot be written to (blocked, deactivated, chat not found)."""

    reason: Literal["blocked", "deactivated", "not_found", "never_started", "no_member"]


@dataclass(frozen=True)
class Permanent:
    """Refused for good because of the message itself; the detail is for operators."""

    reason: Literal["rejected", "too_long", "empty", "unparseable"]
    detail: str


@dataclass(frozen=True)
class Moved:
    """Not sent: the chat has another address now."""

    address: str


@dataclass(frozen=True)
class NotSent:
    """Surely not sent (no connection was made); try again."""

    detail: str


@dataclass(frozen=True)
class Unknown:
    """Perhaps sent: the connection broke or the answer was no answer."""

    detail: str


@dataclass(frozen=True)
class AccountDown:
    """Not sent: the account itself is refused (token revoked); keep the queue and alarm."""

    detail: str


Result = Accepted | Throttled | Unreachable | Permanent | Moved | NotSent | Unknown | AccountDown


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
class Receipt:
    """What became of a message after the messenger took it; `reference` is the messenger's id of it.

    `failed` comes from messengers that take a message first and give up on it later.
    """

    reference: str
    status: Literal["delivered", "seen", "failed"]


Body = Started | Said | Photo | Tapped | Blocked | Unblocked | Receipt | Unsupported


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


class ChannelDownError(Exception):
    """Updates cannot be fetched now; the message says why."""


class Channel(Protocol):
    """One messenger account."""

    @property
    def name(self) -> str:
        """Return the channel's name, as stored with recipients."""
        ...

    async def send(self, address: str, message: Message) -> Result:
        """Send or edit one message; never raises for what the messenger or the network did."""
        ...

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return what citizens did after update number `after`, waiting up to `wait` seconds for something.

        Confirms everything up to `after` to the messenger. Raises ChannelDownError.
        """
        ...

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return a picture that a citizen sent, None where it is gone or longer than `most` bytes.

        Raises ChannelDownError.
        """
        ...

    async def answer_tap(self, query: str) -> None:
        """Take the waiting mark off a tapped button; best effort."""
        ...
