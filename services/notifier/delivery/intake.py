"""Takes notices and withdrawals in: a batch is stored, then acknowledged; the unreadable is kept as dead."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.catalogue import Catalogue
from contracts.messages.dead import DeadLetter, dead_letter_id
from contracts.messages.ids import RecipientId
from contracts.messages.notice import NOTICE
from contracts.messages.withdrawal import WITHDRAWAL, Withdrawal
from contracts.streams import (
    DEAD_NOTICES_SUBJECT,
    NOTIFIER_APPOINTMENTS,
    NOTIFIER_NOTICES,
    WITHDRAWAL_SUBJECT,
)
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.outbox import Row
from runtime.database.postgres import TRANSIENT, refused_data, retrying
from runtime.database.stream_batches import REFUSED, UNSTORABLE
from runtime.logs import logger
from runtime.messaging.jetstream import acknowledge, postpone, sequence_of
from runtime.messaging.pull import consume
from runtime.tracing import OFF, Tracing, parent
from services.notifier.delivery.invitations import Invitations
from services.notifier.delivery.news import NewsIntake
from services.notifier.delivery.store import Arrival, Store, Unit
from services.notifier.domain import deliveries
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.metrics import Metrics
from services.notifier.recipients.addresses import own_hours

SQL = sql.load("services.notifier.delivery", "intake.sql")

LOG = logger(__name__)
ROLE = "intake"
RETRY_SECONDS = 2.0
_DEAD = UUID("c3f0c7b6-0c0e-4a0e-9a51-6f1f5f2c7f11")


@dataclass(frozen=True)
class Intake:
    """Stores what arrives on the stream of notices."""

    client: Client
    store: Store
    catalogue: Catalogue
    clock: Clock
    metrics: Metrics
    quiet: Quiet
    invitations: Invitations
    tracing: Tracing = OFF

    async def run(self, lease: Lease, size: int, stop: asyncio.Event) -> None:
        """Take in while the lease is held: two at a time would put a recipient's notices out of order."""

        async def take() -> None:
            pulled = partial(consume, self.client, stop=stop, clock=self.clock, size=size)
            news = NewsIntake(self.store, self.clock, self.quiet)
            async with asyncio.TaskGroup() as group:
                group.create_task(pulled(NOTIFIER_NOTICES, self))
                group.create_task(pulled(NOTIFIER_APPOINTMENTS, news))
                group.create_task(self.invitations.keep(stop))

        await lease.while_held(take, stop)

    def read(self, message: Msg) -> Msg:
        """Leave a notice closed until its batch is stored: what is dead is stored with the others."""
        return message

    async def handle(self, messages: list[Msg]) -> None:
        """Store one batch and acknowledge it; while the database is away ask for it again later."""
        spans = [
            self.tracing.start("take notice in", "consumer", parent(message.headers)) for message in messages
        ]
        try:
            await self._take(messages, [span.header for span in spans])
        except TRANSIENT as error:
            LOG.warning("notices wait for the database", count=len(messages), error=repr(error))
            await postpone(messages, RETRY_SECONDS)
        else:
            await acknowledge(messages)
        for span in spans:
            span.end(batch=len(messages))

    async def store_again(self, messages: list[Msg]) -> None:
        """Store one batch that nobody waits to be acknowledged; raises whatever the database says."""
        await self._take(messages, [None] * len(messages))

    async def _take(self, messages: Sequence[Msg], traces: Sequence[str | None]) -> None:
        arrivals: list[Arrival] = []
        withdrawals: list[Withdrawal] = []
        dead: list[Row] = []
        for message, trace in zip(messages, traces, strict=True):
            try:
                if message.subject == WITHDRAWAL_SUBJECT:
                    withdrawals.append(WITHDRAWAL.validate_json(message.data))
                else:
                    arrivals.append(self._arrival(message, trace))
            except ValidationError as error:
                dead.append(self._dead(message, "undecodable", _problems(error)))
        try:
            await retrying(lambda: self._store(arrivals, withdrawals, dead), self.clock)
        except Exception as error:
            if not refused_data(error):
                raise
            if len(messages) > 1:
                LOG.warning("a batch is taken in one by one", count=len(messages), error=type(error).__name__)
                for message, trace in zip(messages, traces, strict=True):
                    await self._take([message], [trace])
            else:
                bad = [self._dead(messages[0], UNSTORABLE, REFUSED)]
                await retrying(lambda: self._store([], [], bad), self.clock)

    def _arrival(self, message: Msg, trace: str | None) -> Arrival:
        notice = NOTICE.validate_json(message.data)
        return Arrival(
            notice,
            message.data,
            deliveries.class_of(notice, self.catalogue),
            deliveries.expiry_of(notice, self.catalogue),
            trace=trace,
            reach_within=deliveries.reach_within(notice, self.catalogue),
        )

    async def _store(
        self, arrivals: Sequence[Arrival], withdrawals: Sequence[Withdrawal], dead: Sequence[Row]
    ) -> None:
        # Apart, for whoever stores shares the lock that whoever withdraws holds alone.
        async with self.store.unit() as unit:
            unit.outgoing.extend(dead)
            if arrivals:
                spread = await self.invitations.spread(unit, await self._held(unit, arrivals))
                await self.store.store_notices(unit, spread.arrivals)
                await spread.mark(unit)
        if withdrawals:
            async with self.store.unit() as unit:
                for withdrawal in withdrawals:
                    await self.store.withdraw(unit, list(withdrawal.notice_ids), withdrawal.reason)

    async def _held(self, unit: Unit, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Return the notices with the end of their recipients' quiet hours, where those have begun."""
        people = [arrival.notice.recipient_id for arrival in arrivals]
        rows = {row["id"]: row for row in await unit.connection.fetch(SQL["quiet_of"], people)}
        now = self.clock.now()

        def until(person: RecipientId) -> datetime | None:
            row = rows.get(person)
            return (
                self.quiet.until(now)
                if row is None
                else self.quiet.until(now, row["time_zone"], own_hours(row))
            )

        return [replace(arrival, held_until=until(arrival.notice.recipient_id)) for arrival in arrivals]

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        self.metrics.dead.inc()
        LOG.error("a notice is dead", sequence=sequence_of(message), reason=reason, detail=detail)
        letter = DeadLetter.of(message, reason, detail, self.clock.now())
        return Row(dead_letter_id(_DEAD, message), DEAD_NOTICES_SUBJECT, letter.encoded())


def _problems(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems[:5])
