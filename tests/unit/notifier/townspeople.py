"""Who lives in a town in memory: documents with receipts, what is stored of people, their phones."""

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from contracts import typed_code
from services.notifier.domain.actions import KnownRecipient
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message

SPACE = UUID(int=99)


@dataclass
class Application:
    """One document on its way, with its receipt's secrets."""

    number: int
    stage: int | None = None

    @property
    def token(self) -> str:
        """What its receipt's link carries."""
        return f"{self.number:022}"

    @property
    def code(self) -> str:
        """What is typed."""
        return typed_code.encode(bytes([self.number + 1]) * 8)

    @property
    def masked(self) -> str:
        """The tail of its number, which no other has."""
        return f"…70{self.number:02}"


@dataclass
class Record:
    """What is stored of somebody, as the database has it; several phones may be one person's."""

    key: str
    stored: bytes | None = None
    recipient: KnownRecipient | None = None


@dataclass
class Person:
    """A phone, who it belongs to, what it shows, and whose documents and words it may ever show."""

    name: str
    language: str | None
    account: str
    record: Record
    phone: list[Message] = field(default_factory=list)
    last: Incoming | None = None
    ever: set[int] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    @property
    def address(self) -> UUID:
        """The id of the phone's address."""
        return uuid5(SPACE, self.name)
