"""An attempt to send: claimed, in the air, over, and how its end is written down."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg

from contracts.messages.ids import RecipientId
from runtime.database.postgres import storable
from services.notifier.domain.deliveries import Again, DeliveryClass, Flight, Onward, Step
from services.notifier.domain.results import Accepted, Result, name_and_detail
from services.notifier.recipients.addresses import Contact, contact_of


@dataclass(frozen=True)
class Attempt:
    """An attempt in the air: of which delivery, to whom and where, and what went before it."""

    delivery_id: UUID
    recipient_id: RecipientId
    address_id: UUID
    flight: Flight


@dataclass(frozen=True)
class Claimed(Attempt):
    """An attempt to make now.

    `payload` is JSON: a notice or news of an appointment as it came, or an answer as it is sealed. `held`:
    it was kept back on purpose at some time. `overtakes`: something older of its subscription still waits.
    `may_repeat`: what it tells may have been told at another address. `session_from`: when the last
    conversation with its reader began there. `trace` names the span under which it was taken in.
    """

    kind: Literal["notice", "answer", "appointment"]
    urgency: DeliveryClass
    payload: str
    created_at: datetime
    contact: Contact
    subscription_id: UUID | None
    held: bool
    overtakes: bool
    may_repeat: bool
    session_from: datetime
    trace: str | None


@dataclass(frozen=True)
class Adrift(Attempt):
    """An attempt that nobody makes; `ours`: claimed under the present token, so it was never called."""

    ours: bool


@dataclass(frozen=True)
class Done:
    """An attempt that is over: what the messenger said and what that means.

    `paid_in` is the month, by its first day, in which the agency pays for it; None where it is free.
    """

    attempt: Attempt
    result: Result
    step: Step
    paid_in: date | None = None

    @property
    def paid(self) -> int:
        """Return for how many messages the agency pays."""
        return self.result.messages if self.paid_in and isinstance(self.result, Accepted) else 0


@dataclass(frozen=True)
class Record:
    """What is written of an attempt, in the order of the columns of `record`; `wait` in seconds.

    `onward`: it goes to the next address of its route, and the rest is for where there is none.
    """

    id: UUID
    number: int
    state: str
    reason: str | None
    reference: str | None
    wait: float
    unknowns: int
    plain: bool
    held: bool
    unpaid: bool
    result: str
    detail: str | None
    onward: bool


RECORD = tuple(column.name for column in fields(Record))


def attempt_of(row: asyncpg.Record) -> tuple[UUID, RecipientId, UUID, Flight]:
    """Return what every attempt is made of: delivery, person, address, and what went before."""
    flight = Flight(row["attempts"], row["unknowns"], row["plain"], row["actionable"], row["moved"])
    return row["id"], RecipientId(row["recipient_id"]), row["address_id"], flight


def claimed_of(row: asyncpg.Record) -> Claimed:
    """Return an attempt to make out of a row of a claim."""
    return Claimed(
        *attempt_of(row),
        kind=row["kind"],
        urgency=DeliveryClass(row["class"]),
        payload=row["payload"],
        created_at=row["created_at"],
        contact=contact_of(row),
        subscription_id=row["subscription_id"],
        held=row["held"],
        overtakes=row["overtakes"],
        may_repeat=row["may_repeat"],
        session_from=row["session_from"],
        trace=row["trace"],
    )


def record_of(done: Done) -> Record:
    """Return what is written of an attempt that is over."""
    attempt, (result, detail) = done.attempt, name_and_detail(done.result)
    said = None if detail is None else storable(detail)
    onward = isinstance(done.step, Onward)
    step = done.step.otherwise if isinstance(done.step, Onward) else done.step
    again, ended = (step, None) if isinstance(step, Again) else (None, step)
    return Record(
        attempt.delivery_id,
        attempt.flight.attempt,
        "pending" if ended is None else ended.end.value,
        None if ended is None or ended.reason is None else storable(ended.reason),
        None if ended is None or ended.reference is None else storable(ended.reference),
        wait=0.0 if again is None else again.wait,
        unknowns=step.unknowns,
        plain=attempt.flight.plain if again is None else again.plain,
        held=again is not None and again.held,
        unpaid=again is not None and again.unpaid,
        result=result,
        detail=said,
        onward=onward,
    )
