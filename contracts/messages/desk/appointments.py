"""Appointments: what the notifier and ingest ask the desk over core NATS, and what the desk tells people.

Nothing here says who somebody is or which application it is: people, documents and applications have ids.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from contracts.messages.base import Code, Message
from contracts.messages.ids import Publisher, RecipientId, SubscriptionId

RPC_PREFIX = "docwatch.rpc.desk.v1"
SLOTS = f"{RPC_PREFIX}.slots"
BOOK = f"{RPC_PREFIX}.book"
GIVE_BACK = f"{RPC_PREFIX}.give_back"
WAIT = f"{RPC_PREFIX}.wait"
OWN = f"{RPC_PREFIX}.own"
LIST = f"{RPC_PREFIX}.list"

AppointmentCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{5}$")]
"""What somebody says at the counter: Crockford base32, unique among an office's appointments that stand."""


class Status(StrEnum):
    """How an appointment stands: only `booked` holds its place."""

    BOOKED = "booked"
    MOVED = "moved"
    GIVEN_BACK = "given_back"
    CLOSED = "closed"
    ENDED = "ended"
    PRESENT = "present"
    NO_SHOW = "no_show"


class Refused(Message):
    """The answer to what may not be done.

    `not_ready`: whoever asks follows no document that waits at an office with appointments; `taken`: somebody
    else who follows it has an appointment; `full`: nobody fits into that time any more; `gone`: that time
    cannot be booked, for it is none, past or closed; `invalid`: the question cannot be read; `unavailable`:
    it cannot be said now what became of it.
    """

    result: Literal["refused"] = "refused"
    reason: Literal["not_ready", "taken", "full", "gone", "invalid", "unavailable"]


class Appointment(Message):
    """A time at an office. `minutes` is how long it lasts."""

    appointment_id: UUID
    subscription_id: SubscriptionId
    document_type: Code
    office: Code
    starts_at: AwareDatetime
    minutes: int = Field(ge=1)
    code: AppointmentCode
    status: Status = Status.BOOKED


class SlotsQuery(Message):
    """Ask for times at which a document can be handed over: of one day of the agency's, or of all."""

    recipient_id: RecipientId
    subscription_id: SubscriptionId
    day: date | None = None


class DaySlots(Message):
    """One day that has free times: how many, and where one day was asked for, each."""

    day: date
    free: int = Field(ge=0)
    starts: tuple[AwareDatetime, ...] = ()


class Slots(Message):
    """Free times, in order; `booked` is what stands, `waiting`: they wait for an earlier one."""

    result: Literal["slots"] = "slots"
    office: Code
    days: tuple[DaySlots, ...]
    booked: Appointment | None = None
    waiting: bool = False


class Book(Message):
    """Book a time, or move there what is booked; the same `booking_id` books once."""

    booking_id: UUID
    recipient_id: RecipientId
    subscription_id: SubscriptionId
    starts_at: AwareDatetime


class Booked(Message):
    """The appointment stands; `moved_from` is the time that it was at before."""

    result: Literal["booked"] = "booked"
    appointment: Appointment
    moved_from: AwareDatetime | None = None


class GiveBack(Message):
    """Give an appointment back; idempotent."""

    recipient_id: RecipientId
    subscription_id: SubscriptionId


class GivenBack(Message):
    """Nothing is booked any more; `changed` tells whether anything was."""

    result: Literal["given_back"] = "given_back"
    changed: bool


class Wait(Message):
    """Begin or stop to wait for an earlier time; idempotent."""

    recipient_id: RecipientId
    subscription_id: SubscriptionId
    on: bool


class Waiting(Message):
    """Whether they wait now."""

    result: Literal["waiting"] = "waiting"
    on: bool


class OwnQuery(Message):
    """Ask for everything that is held of somebody's appointments."""

    recipient_id: RecipientId


class OwnAnswer(Message):
    """All appointments of a person, oldest first."""

    result: Literal["own"] = "own"
    appointments: tuple[Appointment, ...]


class ListQuery(Message):
    """Ask for appointments for a publisher's documents between two instants, in the order of their times.

    Only those of `office`, or of these documents and offices, where they are named. `after` is the last
    appointment of the page before.
    """

    publisher: Publisher
    office: Code | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    documents: tuple[str, ...] | None = None
    offices: tuple[str, ...] | None = None
    after: UUID | None = None
    limit: int = Field(default=100, ge=1, le=1000)


class Listed(Message):
    """One appointment as a publisher is told of it; `application` is None once its person was forgotten."""

    appointment_id: UUID
    application: UUID | None = None
    document_type: Code
    office: Code
    starts_at: AwareDatetime
    minutes: int
    code: AppointmentCode
    status: Status
    changed_at: AwareDatetime


class ListAnswer(Message):
    """A page; a full one may have a next, after the last of its rows."""

    result: Literal["list"] = "list"
    rows: tuple[Listed, ...]


class NewsKind(StrEnum):
    """Why people are told of an appointment without having asked."""

    REMINDER = "reminder"
    CLOSED = "closed"
    EARLIER = "earlier"


class AppointmentNews(Message):
    """One thing to tell one recipient of an appointment, subject `docwatch.appointment.v1`.

    `starts_at` is the appointment's time, of `earlier` the one that is free now, and `code` is None there.
    After `expires_at` it is not worth telling.
    """

    version: Literal[1] = 1
    news_id: UUID
    kind: NewsKind
    recipient_id: RecipientId
    subscription_id: SubscriptionId
    document_type: Code
    office: Code
    starts_at: AwareDatetime
    minutes: int = Field(ge=1)
    code: AppointmentCode | None = None
    at: AwareDatetime
    expires_at: AwareDatetime


NEWS = TypeAdapter(AppointmentNews)

SlotsReply = Annotated[Slots | Refused, Field(discriminator="result")]
BookReply = Annotated[Booked | Refused, Field(discriminator="result")]
GiveBackReply = Annotated[GivenBack | Refused, Field(discriminator="result")]
WaitReply = Annotated[Waiting | Refused, Field(discriminator="result")]
OwnReply = Annotated[OwnAnswer | Refused, Field(discriminator="result")]
ListReply = Annotated[ListAnswer | Refused, Field(discriminator="result")]
SLOTS_REPLY: TypeAdapter[Slots | Refused] = TypeAdapter(SlotsReply)
BOOK_REPLY: TypeAdapter[Booked | Refused] = TypeAdapter(BookReply)
GIVE_BACK_REPLY: TypeAdapter[GivenBack | Refused] = TypeAdapter(GiveBackReply)
WAIT_REPLY: TypeAdapter[Waiting | Refused] = TypeAdapter(WaitReply)
OWN_REPLY: TypeAdapter[OwnAnswer | Refused] = TypeAdapter(OwnReply)
LIST_REPLY: TypeAdapter[ListAnswer | Refused] = TypeAdapter(ListReply)
