"""The sender's side of the deliveries: claims, what came of them, and what ends without being sent.

Every statement that claims or records checks the lease's token itself, so a former owner changes no row.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Pool, storable
from services.notifier.delivery import delivery_receipts
from services.notifier.delivery.store import Record, Store
from services.notifier.domain.deliveries import (
    Again,
    Ended,
    Flight,
    Step,
)
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.recipients.addresses import Moving, Recipients

SQL = sql.load("services.notifier.delivery", "queue.sql")

SWEEP_ROWS = 1000
LIFTED_SHARE = 0.2
"""So much of the rate goes to what has waited for long, or a large batch would pass the urgent."""


class LeaseLostError(Exception):
    """Somebody else owns the account now; nothing was changed."""


@dataclass(frozen=True)
class Done:
    """An attempt that is over: which one, to whom, what the messenger said and what that means."""

    delivery_id: UUID
    recipient_id: RecipientId
    flight: Flight
    result: Result
    step: Step


class Queue:
    """The deliveries of one channel, for the owner of its account."""

    def __init__(self, pool: Pool, store: Store, recipients: Recipients, channel: str, role: str) -> None:
        self._pool = pool
        self._store = store
        self._recipients = recipients
        self._channel = channel
        self._role = role

    async def claim(self, token: int, count: int, *, urgency: int, resting: Collection[UUID]) -> list[Record]:
        """Claim up to `count` due deliveries of at most this class for people who are not resting."""
        return await self._pool.fetch(
            SQL["claim"], self._role, token, self._channel, count, urgency, list(resting)
        )

    async def adrift(self, token: int, in_flight: Collection[UUID]) -> list[Record]:
        """Return attempts in the air that nobody makes; `ours`: claimed under this token, never called."""
        return await self._pool.fetch(SQL["adrift"], self._channel, token, list(in_flight))

    async def record(self, token: int, done: Sequence[Done]) -> None:
        """Write what came of attempts, with all it means for the people; LeaseLostError changes nothing."""
        async with self._store.unit() as unit:
            columns = sql.columns(map(_row, done), 11)
            rows = await unit.connection.fetch(SQL["record"], self._role, token, *columns)
            if not rows and not await unit.connection.fetchval(SQL["lease_held"], self._role, token):
                raise LeaseLostError
            unit.note(rows)
            written = {row["id"] for row in rows}
            reasons: list[tuple[UUID, str]] = []
            for one in done:
                if one.delivery_id not in written:
                    continue
                if isinstance(one.result, Unreachable):
                    reasons.append((one.recipient_id, one.result.reason))
                if isinstance(one.result, Moved):
                    await self._recipients.move(unit.connection, Moving(one.recipient_id, one.result.address))
            if any(isinstance(one.result, AccountDown) for one in done):
                await unit.connection.execute(SQL["hold_waiting"], self._channel)
            await self._recipients.mark_unreachable(unit.connection, sorted(reasons))
            await self._store.end_unreachable_of(unit, sorted(one for one, _ in reasons))

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
            await delivery_receipts.apply(unit)
        await delivery_receipts.forget(self._pool)
        await self._pool.execute(SQL["forget_withdrawals"])
        await self._pool.execute(SQL["forget_dialogues"])
        await self._pool.execute(SQL["lift"], self._channel, lifted)
        for name in ("end_overtaken", "end_held", "end_unreachable"):
            async with self._store.unit() as unit:
                unit.note(await unit.connection.fetch(SQL[name], self._channel))


def _row(done: Done) -> tuple[object, ...]:
    told_by_messenger = (*_state(done.step, done.flight), *told(done.result))
    texts = (storable(one) if isinstance(one, str) else one for one in told_by_messenger)
    return (done.delivery_id, done.flight.attempt, *texts)


def _state(step: Step, flight: Flight) -> tuple[object, ...]:
    match step:
        case Again(wait, unknowns, plain, held):
            return ("pending", None, None, wait, unknowns, plain, held)
        case Ended(end, unknowns, reason, reference):
            return (end.value, reason, reference, 0.0, unknowns, flight.plain, False)
        case _ as never:
            assert_never(never)


def told(result: Result) -> tuple[str, str | None]:
    """Return a result's name and detail for the log of attempts."""
    detail: str | None
    match result:
        case Accepted(reference):
            detail = reference
        case Throttled(seconds, scope):
            detail = f"{scope} {seconds:g} s"
        case Unreachable(reason):
            detail = reason
        case Permanent(reason, why):
            detail = f"{reason}: {why}"
        case NotSent(why) | Unknown(why) | AccountDown(why):
            detail = why
        case Moved():
            detail = None
        case _ as never:
            assert_never(never)
    return _NAMES[type(result)], detail


_NAMES: Mapping[type[Result], str] = {
    Accepted: "accepted",
    Throttled: "throttled",
    Unreachable: "unreachable",
    Permanent: "permanent",
    Moved: "moved",
    NotSent: "not_sent",
    Unknown: "unknown",
    AccountDown: "account_down",
}
