"""What the notifier asks the desk; every answer is the desk's own or `RpcUnavailableError`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from nats.aio.client import Client
from pydantic import BaseModel, TypeAdapter

from contracts.messages.desk import appointments
from contracts.messages.desk.appointments import (
    Book,
    Booked,
    GiveBack,
    GivenBack,
    OwnAnswer,
    OwnQuery,
    Refused,
    Slots,
    SlotsQuery,
    Wait,
    Waiting,
)
from contracts.messages.ids import RecipientId, SubscriptionId
from runtime.messaging.jetstream import RpcUnavailableError, call

T = TypeVar("T")


class Desk(Protocol):
    """The desk as the conversation needs it.

    Every method may raise RpcUnavailableError: what was asked may have been done, and may be asked again.
    """

    async def slots(self, recipient: RecipientId, subscription: UUID, day: date | None) -> Slots | Refused:
        """Return when a document can be handed over: of one day, or how many times each day has."""
        ...

    async def book(
        self, recipient: RecipientId, subscription: UUID, starts_at: datetime, booking: UUID
    ) -> Booked | Refused:
        """Book a time, or move there what is booked; idempotent on the booking's name."""
        ...

    async def give_back(self, recipient: RecipientId, subscription: UUID) -> GivenBack | Refused:
        """Give back what is booked; idempotent."""
        ...

    async def wait(self, recipient: RecipientId, subscription: UUID, *, on: bool) -> Waiting | Refused:
        """Begin or stop to wait for an earlier time; idempotent."""
        ...

    async def own(self, recipient: RecipientId) -> OwnAnswer | Refused:
        """Return everything that is held of somebody's appointments."""
        ...


@dataclass(frozen=True)
class RpcDesk:
    """The desk over NATS."""

    client: Client

    async def slots(self, recipient: RecipientId, subscription: UUID, day: date | None) -> Slots | Refused:
        """Return when a document can be handed over: of one day, or how many times each day has."""
        query = SlotsQuery(recipient_id=recipient, subscription_id=SubscriptionId(subscription), day=day)
        return await self._ask(appointments.SLOTS, query, appointments.SLOTS_REPLY)

    async def book(
        self, recipient: RecipientId, subscription: UUID, starts_at: datetime, booking: UUID
    ) -> Booked | Refused:
        """Book a time, or move there what is booked; idempotent on the booking's name."""
        request = Book(
            booking_id=booking,
            recipient_id=recipient,
            subscription_id=SubscriptionId(subscription),
            starts_at=starts_at,
        )
        return await self._ask(appointments.BOOK, request, appointments.BOOK_REPLY)

    async def give_back(self, recipient: RecipientId, subscription: UUID) -> GivenBack | Refused:
        """Give back what is booked; idempotent."""
        request = GiveBack(recipient_id=recipient, subscription_id=SubscriptionId(subscription))
        return await self._ask(appointments.GIVE_BACK, request, appointments.GIVE_BACK_REPLY)

    async def wait(self, recipient: RecipientId, subscription: UUID, *, on: bool) -> Waiting | Refused:
        """Begin or stop to wait for an earlier time; idempotent."""
        request = Wait(recipient_id=recipient, subscription_id=SubscriptionId(subscription), on=on)
        return await self._ask(appointments.WAIT, request, appointments.WAIT_REPLY)

    async def own(self, recipient: RecipientId) -> OwnAnswer | Refused:
        """Return everything that is held of somebody's appointments."""
        return await self._ask(appointments.OWN, OwnQuery(recipient_id=recipient), appointments.OWN_REPLY)

    async def _ask(self, subject: str, request: BaseModel, reply: TypeAdapter[T]) -> T:
        """Return the answer; "unavailable" says as little about what was done as no answer does."""
        answer = await call(self.client, subject, request, reply)
        if isinstance(answer, Refused) and answer.reason == "unavailable":
            raise RpcUnavailableError(f"{subject}: the desk cannot tell what became of it")
        return answer


class NoDesk:
    """A desk that never answers: for whoever talks to nobody."""

    async def slots(self, recipient: RecipientId, subscription: UUID, day: date | None) -> Slots | Refused:
        """Raise RpcUnavailableError."""
        raise RpcUnavailableError(f"no desk for {recipient}, {subscription}, {day}")

    async def book(
        self, recipient: RecipientId, subscription: UUID, starts_at: datetime, booking: UUID
    ) -> Booked | Refused:
        """Raise RpcUnavailableError."""
        raise RpcUnavailableError(f"no desk for {recipient}, {subscription}, {starts_at}, {booking}")

    async def give_back(self, recipient: RecipientId, subscription: UUID) -> GivenBack | Refused:
        """Raise RpcUnavailableError."""
        raise RpcUnavailableError(f"no desk for {recipient}, {subscription}")

    async def wait(self, recipient: RecipientId, subscription: UUID, *, on: bool) -> Waiting | Refused:
        """Raise RpcUnavailableError."""
        raise RpcUnavailableError(f"no desk for {recipient}, {subscription}, {on}")

    async def own(self, recipient: RecipientId) -> OwnAnswer | Refused:
        """Raise RpcUnavailableError."""
        raise RpcUnavailableError(f"no desk for {recipient}")


NO_DESK = NoDesk()
