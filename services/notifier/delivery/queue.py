"""The sender's side of the deliveries: claims, what came of them, and what ends without being sent.

Every statement that claims or records checks the lease's token itself, so a former owner changes no row.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg

from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Pool, storable
from runtime.logs import logger
from services.notifier.delivery import delivery_receipts, joining
from services.notifier.delivery.restraint import PaidMessages
from services.notifier.delivery.store import ANY_CARRIER, Store
from services.notifier.domain.deliveries import (
    Again,
    DeliveryClass,
    Flight,
    Onward,
    Step,
)
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    Result,
    Unreachable,
    name_and_detail,
)
from services.notifier.domain.routes import Carriers
from services.notifier.recipients.addresses import Contact, Moving, Recipients, contact_of

LOG = logger(__name__)
SQL = sql.load("services.notifier.delivery", "queue.sql")

SWEEP_ROWS = 1000
LIFTED_SHARE = 0.2
"""So much of the rate goes to what has waited for long, or a large batch would pass the urgent."""


class LeaseLostError(Exception):
    """Somebody else owns the account now; nothing was changed."""


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

    `payload` is JSON: the notice as it came, or the answer as it is sealed. `held`: it was kept back on
    purpose at some time. `overtakes`: something older of its subscription still waits. `may_repeat`: what it
    tells may have been told at another address. `session_from`: when the last conversation with its reader
    began there. `trace` names the span under which it was taken in.
    """

    kind: Literal["notice", "answer"]
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
class _Record:
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


_RECORD = tuple(column.name for column in fields(_Record))


class Queue:
    """The deliveries of one account, for its owner.

    `receipts`: the messenger tells what arrived, so that what it does not tell of goes on in time.
    """

    def __init__(
        self,
        pool: Pool,
        store: Store,
        recipients: Recipients,
        channel: str,
        role: str,
        *,
        carriers: Carriers = ANY_CARRIER,
        receipts: bool = False,
    ) -> None:
        self._pool = pool
        self._carriers = (carriers.everything, carriers.urgent)
        self._receipts = receipts
        self._store = store
        self._recipients = recipients
        self._channel = channel
        self._role = role
        self.paid = PaidMessages(pool, channel)

    async def claim(
        self, token: int, count: int, *, urgency: int, resting: Collection[UUID]
    ) -> list[Claimed]:
        """Claim up to `count` due deliveries of at most this class for people who are not resting.

        None at all where the owner of another account claims for one of them at the same moment.
        """
        try:
            rows = await self._pool.fetch(
                SQL["claim"], self._role, token, self._channel, count, urgency, list(resting)
            )
        except asyncpg.UniqueViolationError:
            LOG.info("two accounts wrote to somebody at once; one waits")
            return []
        return [_claimed(row) for row in rows]

    async def adrift(self, token: int, in_flight: Collection[UUID]) -> list[Adrift]:
        """Return attempts in the air that nobody makes."""
        rows = await self._pool.fetch(SQL["adrift"], self._channel, token, list(in_flight))
        return [Adrift(*_attempt(row), row["ours"]) for row in rows]

    async def record(self, token: int, done: Sequence[Done]) -> None:
        """Write what came of attempts, with all it means for the people; LeaseLostError changes nothing."""
        async with self._store.unit() as unit:
            columns = sql.columns_of([_record(attempt) for attempt in done], _RECORD)
            rows = await unit.connection.fetch(
                SQL["record"], self._role, token, *columns, *self._carriers, self._receipts
            )
            if not rows and not await unit.connection.fetchval(SQL["lease_held"], self._role, token):
                raise LeaseLostError
            unit.note(rows)
            await self._store.wake_senders(unit, (row["moved_to"] for row in rows))
            written = {row["id"] for row in rows}
            reasons: list[tuple[UUID, str]] = []
            people: set[UUID] = set()
            paid = Counter[date]()
            for over in done:
                if over.attempt.delivery_id not in written:
                    continue
                if over.paid_in is not None:
                    paid[over.paid_in] += over.paid
                address = over.attempt.address_id
                if isinstance(over.result, Unreachable):
                    reasons.append((address, over.result.reason))
                    people.add(over.attempt.recipient_id)
                if isinstance(over.result, Moved):
                    await self._recipients.move(unit.connection, Moving(address, over.result.address))
            await self.paid.count(unit.connection, paid)
            if any(isinstance(over.result, AccountDown) for over in done):
                await unit.connection.execute(SQL["hold_waiting"], self._channel)
            await self._recipients.mark_unreachable(unit.connection, sorted(reasons))
            await self._store.leave_unreachable(unit, sorted(people))

    async def end_overtaken_of(self, subscriptions: Sequence[UUID]) -> None:
        """End what is older than what was just claimed for these subscriptions."""
        if subscriptions:
            async with self._store.unit() as unit:
                await self._store.end_overtaken_of(unit, subscriptions)

    async def sweep(self, lifted: int) -> None:
        """Lift so many that have waited long; end what is expired, overtaken or cannot reach anybody."""
        async with self._store.unit() as unit:
            unit.note(await unit.connection.fetch(SQL["end_expired"], self._channel, SWEEP_ROWS))
        async with self._store.unit() as unit:
            await delivery_receipts.apply(self._store, unit)
        await delivery_receipts.forget(self._pool)
        await self._pool.execute(SQL["forget_withdrawals"])
        await self._pool.execute(SQL["forget_dialogues"])
        await self._pool.execute(SQL["lift"], self._channel, lifted)
        for name in ("end_overtaken", "end_held"):
            async with self._store.unit() as unit:
                unit.note(await unit.connection.fetch(SQL[name], self._channel))
        await self._send_on()

    async def _send_on(self) -> None:
        """Send on what cannot reach its address, has waited too long, or was taken and never heard of."""
        async with self._store.unit() as unit:
            await joining.follow_on(unit)
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["stranded"], self._channel, SWEEP_ROWS)
            await self._store.leave_unreachable(unit, [row["recipient_id"] for row in rows])
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["move_on"], self._channel, SWEEP_ROWS, *self._carriers)
            await self._store.wake_senders(unit, (row["moved_to"] for row in rows))
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["unheard"], self._channel, SWEEP_ROWS)
            await self._store.follow(unit, [row["id"] for row in rows])


def _attempt(row: asyncpg.Record) -> tuple[UUID, RecipientId, UUID, Flight]:
    flight = Flight(row["attempts"], row["unknowns"], row["plain"], row["actionable"], row["moved"])
    return row["id"], RecipientId(row["recipient_id"]), row["address_id"], flight


def _claimed(row: asyncpg.Record) -> Claimed:
    return Claimed(
        *_attempt(row),
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


def _record(done: Done) -> _Record:
    attempt, (result, detail) = done.attempt, name_and_detail(done.result)
    said = None if detail is None else storable(detail)
    onward = isinstance(done.step, Onward)
    step = done.step.otherwise if isinstance(done.step, Onward) else done.step
    again, ended = (step, None) if isinstance(step, Again) else (None, step)
    return _Record(
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
