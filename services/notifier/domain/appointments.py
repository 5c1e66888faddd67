"""What somebody wants of their appointment, and what may come of it: plain frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from contracts.messages.desk.appointments import (
    Appointment,
    Booked,
    GivenBack,
    Refused,
    Slots,
    Waiting,
)

Wish = Literal["times", "day", "slot", "book", "give_back", "wait", "rest"]
"""See the days, the times of one, one time; have it, give it back; wait for an earlier one, or not."""


@dataclass(frozen=True)
class Appoint:
    """Ask the desk about the time at which a document is handed over, or have it changed.

    `day` is the one to look at, `starts_at` the time that is meant; `booking` names the booking, the same
    when it is asked for again. `replaces` is the messenger's id of the message whose button was tapped.
    """

    wish: Wish
    subscription: UUID
    day: date | None = None
    starts_at: datetime | None = None
    booking: UUID | None = None
    replaces: str | None = None


Held = Sequence[Appointment]
"""All appointments of a person, oldest first."""

Arranged = Slots | Booked | GivenBack | Waiting | Refused
"""What the desk answers to a wish."""
