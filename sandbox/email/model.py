"""What the simulated provider knows: mailboxes and the letters in them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]
DOMAIN = "mail.example"


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter in a mailbox; `number` counts those of all, `sender` and `recipient` are the envelope's."""

    number: int
    citizen_id: int
    sender: str
    recipient: str
    envelope_id: str | None
    raw: bytes = field(repr=False)
    at: datetime


@dataclass(slots=True)
class Mailbox:
    """A citizen's mailbox: up to which letter it is read, and whether it takes any more."""

    citizen_id: int
    read_up_to: int = 0
    closed: bool = False

    @property
    def address(self) -> str:
        """Return its address."""
        return f"citizen.{self.citizen_id}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class MailCame:
    """A letter came in."""

    mail: Mail


@dataclass(frozen=True, slots=True)
class MailboxChanged:
    """A mailbox was read, closed or opened."""

    mailbox: Mailbox


Event = MailCame | MailboxChanged
