"""What the simulated Viber is made of: accounts of citizens, messages with keyboards, callbacks to the bot.

Plain frozen values without input or output; the last few are what a phone that is looking on gets to see.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

Json: TypeAlias = dict[str, Any]
Sender = Literal["bot", "citizen"]
EventName = Literal[
    "webhook",
    "subscribed",
    "unsubscribed",
    "conversation_started",
    "message",
    "delivered",
    "seen",
    "failed",
]


class Person(Protocol):
    """Whose phone it is."""

    @property
    def name(self) -> str:
        """Return the name that the messenger shows."""
        ...

    @property
    def language(self) -> str:
        """Return the language of the phone."""
        ...


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the bot is: `uri` is what its deep links name."""

    uri: str
    name: str

    @property
    def link(self) -> str:
        """Return the deep link to it, without a context."""
        return f"viber://pa?chatURI={self.uri}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where callbacks go; `events` are those asked for, None means all."""

    url: str
    events: tuple[str, ...] | None = None
    send_name: bool = False
    send_photo: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A citizen in this messenger; known to the bot by `user_id` alone.

    `session_from` is when the session began that the citizen's message opened, `met` whether a conversation
    was ever begun, `keyboard_of` the message whose keyboard is shown: the last that came with one. A phone
    that is not `online` takes messages when it is again.
    """

    citizen_id: int
    user_id: str
    registered: bool = True
    subscribed: bool = False
    blocked: bool = False
    met: bool = False
    online: bool = True
    devices: int = 1
    country: str = "UA"
    api_version: int = 10
    unread: int = 0
    session_from: datetime | None = None
    keyboard_of: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says: `body` holds type, text, media ... as the API writes them."""

    body: Json
    keyboard: Json | None = None
    tracking_data: str = ""
    sender_name: str = ""

    @property
    def text(self) -> str:
        """Return the text or caption."""
        return str(self.body.get("text") or "")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat; ids count up within the chat, tokens are unique in the messenger (int64).

    `billing` is how a bot's message counts (see `billing`), None for a citizen's.
    """

    citizen_id: int
    message_id: int
    token: int
    sender: Sender
    content: Content
    at: datetime
    billing: int | None = None
    delivered: bool = False
    seen: bool = False
    failed: str | None = None


@dataclass(slots=True)
class Callback:
    """Something that is told to the bot; `queue` names what it stays in order with.

    `attempts` are the HTTP statuses that came back, None where none came; `end` is how it went out of the
    queue: done, expired, lost (by script) or without a webhook.
    """

    n: int
    event: EventName
    citizen_id: int
    queue: str
    body: Json
    at: datetime
    after: datetime
    attempts: list[int | None] = field(default_factory=list)
    end: Literal["done", "expired", "lost", "no webhook"] | None = None
    note: str | None = None

    def as_json(self) -> Json:
        """Return the callback as the script's API shows it."""
        return {
            "n": self.n,
            "event": self.event,
            "citizen_id": self.citizen_id,
            "message_token": self.body["message_token"],
            "at": self.at.isoformat(),
            "attempts": list(self.attempts),
            "end": self.end,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message is new on a phone, or was delivered or seen."""

    message: Message


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """An account is new or another than it was."""

    account: Account


@dataclass(frozen=True, slots=True)
class BotChanged:
    """The bot has set its webhook, or taken it away."""

    there: bool


Event: TypeAlias = MessageChanged | AccountChanged | BotChanged
