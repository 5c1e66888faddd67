"""What the simulated SMS is made of: citizens' numbers, texts, and what the customer is told."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]
Sender = Literal["bot", "citizen"]
Status = Literal["ACCEPTED", "DELIVRD", "UNDELIV", "EXPIRED"]
_PREFIX = "+38067"
_FIRST = 700_000_000
_DIGITS = 7
_NUMBER = re.compile(rf"\+?{_PREFIX[1:]}([0-9]{{{_DIGITS}}})")


def number_of(citizen_id: int) -> str:
    """Return a citizen's number."""
    return f"{_PREFIX}{citizen_id % 10**_DIGITS:0{_DIGITS}d}"


def citizen_of(number: str) -> int | None:
    """Return whose number it would be; None for one of another network."""
    found = _NUMBER.fullmatch(number)
    return None if found is None else _FIRST + int(found[1])


@dataclass(frozen=True, slots=True)
class Account:
    """A citizen's number: `blocked` where they barred the sender, not `online` where the phone is off."""

    citizen_id: int
    blocked: bool = False
    online: bool = True
    unread: int = 0

    @property
    def number(self) -> str:
        """Return the number."""
        return number_of(self.citizen_id)


@dataclass(frozen=True, slots=True)
class Message:
    """One text of a chat; ids count up within the chat, `reference` is unique with the provider."""

    citizen_id: int
    message_id: int
    reference: str
    sender: Sender
    name: str
    text: str
    parts: int
    at: datetime
    status: Status = "ACCEPTED"

    @property
    def shown(self) -> bool:
        """Tell whether the phone shows it."""
        return self.sender == "citizen" or self.status == "DELIVRD"


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A text is new on a phone."""

    message: Message


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """A number is new or another than it was."""

    account: Account


Event: TypeAlias = MessageChanged | AccountChanged
