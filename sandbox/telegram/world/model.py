"""What the simulated world is made of: citizens, messages with their entities and buttons, receipts, updates.

Plain frozen values without input or output; `events` are what a phone that is looking on gets to see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NewType, TypeAlias

CitizenId = NewType("CitizenId", int)
MessageId = NewType("MessageId", int)
QueryId = NewType("QueryId", str)

Language = Literal["uk", "ru", "en"]
Sender = Literal["bot", "citizen"]
UpdateKind = Literal["message", "edited_message", "callback_query", "my_chat_member"]
AttachmentKind = Literal["photo", "document", "sticker", "voice", "contact", "location"]
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted or recognised part of a text; offset and length in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None

    def as_json(self) -> Json:
        """Return the entity as the Bot API writes it."""
        entity: Json = {"type": self.type, "offset": self.offset, "length": self.length}
        if self.url is not None:
            entity["url"] = self.url
        if self.language is not None:
            entity["language"] = self.language
        return entity


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: it either sends `data` back to the bot or opens `url`."""

    text: str
    data: str | None = None
    url: str | None = None


Keyboard: TypeAlias = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a chat: `path` is where the bot downloads it, `name` what people see."""

    file_id: str
    unique_id: str
    path: str
    name: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a message carries besides text: `body` is what the Bot API puts under the key `kind`."""

    kind: AttachmentKind
    body: Any = field(hash=False)
    forwarded_from: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says: the text (or caption) after parsing, its entities, keyboard and attachment."""

    text: str
    entities: tuple[Entity, ...] = ()
    keyboard: Keyboard = ()
    protected: bool = False
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message in the private chat of a citizen; ids count up within the chat from 1."""

    citizen_id: CitizenId
    message_id: MessageId
    sender: Sender
    content: Content
    at: datetime
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person with a phone; known to the messenger, and to the bot once `started`."""

    citizen_id: CitizenId
    name: str
    language: Language
    started: bool = False
    blocked: bool = False
    unread: int = 0
    last: Message | None = None

    @property
    def next_message_id(self) -> MessageId:
        """Return the id that the next message in this chat gets."""
        return MessageId(1 if self.last is None else self.last.message_id + 1)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A paper receipt that citizens can scan (its deep link) or type in (its code).

    `links` are the deep links by the name of their messenger; where there is none for one, `link` is it.
    """

    receipt_id: str
    document: str
    holder: str
    code: str
    link: str
    scanned_by: tuple[CitizenId, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Update:
    """Something that waits to be fetched by the bot; `queue` names what it must stay in order with."""

    update_id: int
    kind: UpdateKind
    queue: str
    at: datetime
    body: Json = field(hash=False)


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A message is new on a phone, or was edited there."""

    message: Message


@dataclass(frozen=True, slots=True)
class CitizenChanged:
    """A citizen is new, started, blocked, unblocked, or has another number of unread messages."""

    citizen: Citizen


@dataclass(frozen=True, slots=True)
class ReceiptChanged:
    """A receipt is new, or somebody scanned it."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Toast:
    """The bot's answer to a tapped button, shown for a moment."""

    citizen_id: CitizenId
    text: str


@dataclass(frozen=True, slots=True)
class Typing:
    """The bot says that it is busy (`action` as in sendChatAction)."""

    citizen_id: CitizenId
    action: str


Event: TypeAlias = MessageShown | CitizenChanged | ReceiptChanged | Toast | Typing
