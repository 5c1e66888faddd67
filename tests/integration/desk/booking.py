"""An office that gives appointments, people whose documents are ready there, and a clock that a test sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from nats.aio.client import Client

from contracts.catalogue import Appointments, Catalogue, Office, load_catalogue
from contracts.messages.desk.appointments import (
    NEWS,
    AppointmentNews,
    Book,
    Booked,
    GiveBack,
    Refused,
    Wait,
)
from contracts.messages.desk.ready import OneAsked, Ready
from contracts.messages.ids import Publisher, RecipientId, SubscriptionId
from contracts.streams import APPOINTMENT_SUBJECT
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.jetstream import RpcUnavailableError
from runtime.messaging.stream_writer import StreamWriter
from sandbox.agency import CATALOGUE
from services.desk.appointments.booking import Booking
from services.desk.appointments.timetables import timetables_of
from services.desk.appointments.upkeep import Upkeep
from services.desk.domain.slots import Timetable
from services.desk.metrics import Metrics

OFFICE = "vinnytsia"
KYIV = ZoneInfo("Europe/Kyiv")
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""Eight o'clock in Kyiv."""


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    """Return a time of a day of March 2026 in Kyiv."""
    return datetime(2026, 3, day, hour, minute, tzinfo=KYIV).astimezone(UTC)


@dataclass
class Now:
    """A clock that stands where a test sets it."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        """Return the instant that was set."""
        return self.at

    def monotonic(self) -> float:
        """Return nothing that passes."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Do not wait."""


@dataclass(frozen=True)
class Person:
    """Somebody who follows one application."""

    recipient: RecipientId
    subscription: SubscriptionId
    application: UUID

    @property
    def asked(self) -> OneAsked:
        """Return them as the tracker is asked about them."""
        return OneAsked(recipient_id=self.recipient, subscription_id=self.subscription)

    def book(self, starts_at: datetime, booking: UUID | None = None) -> Book:
        """Return the request for a time."""
        return Book(booking_id=booking or uuid4(), starts_at=starts_at, **self.asked.model_dump())

    def give_back(self) -> GiveBack:
        """Return the request that gives it back."""
        return GiveBack(**self.asked.model_dump())

    def wait(self, *, on: bool = True) -> Wait:
        """Return the request for an earlier time."""
        return Wait(on=on, **self.asked.model_dump())


@dataclass
class ScriptedTracker:
    """A tracker that knows what a test says of people."""

    ready_: dict[tuple[UUID, UUID], Ready] = field(default_factory=dict)
    away: bool = False

    def person(self, application: UUID | None = None, office: str = OFFICE) -> Person:
        """Return somebody new whose document is ready, one of those who follow an application."""
        who = Person(RecipientId(uuid4()), SubscriptionId(uuid4()), application or uuid4())
        self.ready_[who.recipient, who.subscription] = Ready(
            application=who.application,
            recipient_id=who.recipient,
            subscription_id=who.subscription,
            publisher=Publisher("office"),
            document_type="id_card",
            stage="arrived",
            office=office,
        )
        return who

    def issue(self, who: Person) -> None:
        """Let somebody's document be ready no more."""
        del self.ready_[who.recipient, who.subscription]

    def send_to(self, who: Person, office: str) -> None:
        """Let somebody's document be ready elsewhere."""
        key = who.recipient, who.subscription
        self.ready_[key] = self.ready_[key].model_copy(update={"office": office})

    async def ready(self, asked: Sequence[OneAsked]) -> Sequence[Ready | None]:
        """Return what is known."""
        if self.away:
            raise RpcUnavailableError("the tracker is away")
        return [self.ready_.get((one.recipient_id, one.subscription_id)) for one in asked]


@cache
def _sample() -> Catalogue:
    return load_catalogue(CATALOGUE)


def catalogue(places: int = 2, **terms: object) -> Catalogue:
    """Return the sample catalogue with so many places at each time of the office."""
    sample = _sample()
    fields: dict[str, object] = {
        "slot": "30 min",
        "ahead_days": 14,
        "capacity": {"Mo-Fr": {"09:00-12:00": places}},
        **terms,
    }
    given = Appointments.model_validate(fields)
    offices: dict[str, Office] = dict(sample.offices)
    offices[OFFICE] = offices[OFFICE].model_copy(update={"appointments": given})
    return sample.model_copy(update={"offices": offices})


@dataclass
class Counter:
    """A whole booking counter of a test: its calls and its upkeep."""

    pool: Pool
    tracker: ScriptedTracker = field(default_factory=ScriptedTracker)
    clock: Now = field(default_factory=Now)
    places: int = 2
    terms: Mapping[str, object] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)

    @cached_property
    def tables(self) -> Mapping[str, Timetable]:
        """Return the timetables."""
        return timetables_of(catalogue(self.places, **self.terms))

    @property
    def booking(self) -> Booking:
        """Return the calls of citizens."""
        return Booking(self.pool, self.tracker, self.tables, self.clock)

    @property
    def upkeep(self) -> Upkeep:
        """Return what is done by itself; what it tells stays in the outbox."""
        outbox = Outbox(self.pool, StreamWriter(Client()), self.clock)
        return Upkeep(self.pool, outbox, self.tracker, self.tables, self.clock, self.metrics)

    async def booked(self, who: Person, starts_at: datetime) -> Booked:
        """Book what can be booked."""
        answer = await self.booking.book(who.book(starts_at))
        assert isinstance(answer, Booked), answer
        return answer

    async def refused(self, who: Person, starts_at: datetime) -> str:
        """Return why a time cannot be booked."""
        answer = await self.booking.book(who.book(starts_at))
        assert isinstance(answer, Refused), answer
        return answer.reason

    async def standing(self) -> list[tuple[datetime, int]]:
        """Return the times and places that are held, in order."""
        rows = await self.pool.fetch(
            "SELECT starts_at, place FROM appointment WHERE status = 'booked' ORDER BY starts_at, place"
        )
        return [(row["starts_at"], row["place"]) for row in rows]

    async def statuses(self) -> list[str]:
        """Return how all bookings stand, oldest first."""
        rows = await self.pool.fetch("SELECT status FROM appointment ORDER BY booked_at, starts_at")
        return [row["status"] for row in rows]

    async def told(self) -> list[AppointmentNews]:
        """Return what people are told, in order."""
        rows = await self.pool.fetch(
            "SELECT payload FROM outbox WHERE subject = $1 ORDER BY created_at, id", APPOINTMENT_SUBJECT
        )
        return [NEWS.validate_json(row["payload"]) for row in rows]


def later(days: float) -> timedelta:
    """Return so many days."""
    return timedelta(days=days)
