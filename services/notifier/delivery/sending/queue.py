"""The sender's side of the deliveries: claims, what came of them, and what ends without being sent.

Every statement that claims or records checks the lease's token itself, so a former owner changes no row.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import asyncpg

from runtime.database import sql
from runtime.database.postgres import Connection, Pool
from runtime.logs import logger
from services.notifier.delivery import delivery_receipts, joining
from services.notifier.delivery.sending.attempts import (
    RECORD,
    Adrift,
    Claimed,
    Done,
    attempt_of,
    claimed_of,
    record_of,
)
from services.notifier.delivery.sending.restraint import PaidMessages
from services.notifier.delivery.store import ANY_CARRIER, Store
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.results import AccountDown, Moved, Unreachable
from services.notifier.recipients.addresses import Moving, Recipients

LOG = logger(__name__)
SQL = sql.load("services.notifier.delivery.sending", "queue.sql")
AT_ONCE = sql.load("services.notifier.delivery", "at_once.sql")

SWEEP_ROWS = 1000
LIFTED_SHARE = 0.2
"""So much of the rate goes to what has waited for long, or a large batch would pass the urgent."""


class LeaseLostError(Exception):
    """Somebody else owns the account now; nothing was changed."""


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
        return [claimed_of(row) for row in rows]

    async def claim_stored(
        self,
        connection: Connection,
        token: int,
        count: int,
        deliveries: Sequence[UUID],
        *,
        urgency: int,
        resting: Collection[UUID],
    ) -> list[Claimed]:
        """Claim up to `count` of what a transaction stored, for people for whom nothing is to go first.

        SerializationError where the owner of another account claims for one of them at the same moment.
        """
        try:
            rows = await connection.fetch(
                AT_ONCE["claim_stored"],
                self._role,
                token,
                self._channel,
                count,
                urgency,
                list(resting),
                deliveries,
            )
        except asyncpg.UniqueViolationError:
            raise asyncpg.SerializationError("two accounts wrote to somebody at once") from None
        return [claimed_of(row) for row in rows]

    async def adrift(self, token: int, in_flight: Collection[UUID]) -> list[Adrift]:
        """Return attempts in the air that nobody makes."""
        rows = await self._pool.fetch(SQL["adrift"], self._channel, token, list(in_flight))
        return [Adrift(*attempt_of(row), row["ours"]) for row in rows]

    async def record(self, token: int, done: Sequence[Done]) -> None:
        """Write what came of attempts, with all it means for the people; LeaseLostError changes nothing."""
        async with self._store.unit() as unit:
            columns = sql.columns_of([record_of(attempt) for attempt in done], RECORD)
            rows = await unit.connection.fetch(
                SQL["record"], self._role, token, *columns, *self._carriers, self._receipts
            )
            if not rows and not await unit.connection.fetchval(SQL["lease_held"], self._role, token):
                raise LeaseLostError
            unit.note(rows)
            unit.wake(row["moved_to"] for row in rows)
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

    async def leave(self) -> int:
        """Send on what waits here and can go elsewhere, as nobody serves the account; return how many."""
        moved = 0
        while True:
            async with self._store.unit() as unit:
                rows = await unit.connection.fetch(SQL["leave"], self._channel, SWEEP_ROWS, *self._carriers)
                unit.wake(row["moved_to"] for row in rows)
            moved += len(rows)
            if len(rows) < SWEEP_ROWS:
                return moved

    async def _send_on(self) -> None:
        """Send on what cannot reach its address, has waited too long, or was taken and never heard of."""
        async with self._store.unit() as unit:
            await joining.follow_on(unit)
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["stranded"], self._channel, SWEEP_ROWS)
            await self._store.leave_unreachable(unit, [row["recipient_id"] for row in rows])
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["move_on"], self._channel, SWEEP_ROWS, *self._carriers)
            unit.wake(row["moved_to"] for row in rows)
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["unheard"], self._channel, SWEEP_ROWS)
            await self._store.follow(unit, [row["id"] for row in rows])
