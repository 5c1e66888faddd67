"""What all that is done with conversations stands on, and the one way in which something is done and told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from contracts.catalogue import DeskTerms
from contracts.messages.desk.talk import AnyReply
from contracts.streams import REPLY_SUBJECT
from runtime.clock import Clock
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Connection, Pool, retrying, transaction
from services.desk.domain.queueing import LEASE
from services.desk.domain.working_hours import WorkingHours
from services.desk.metrics import Metrics

T = TypeVar("T")


@dataclass(frozen=True)
class Terms:
    """The catalogue's terms of the desk, its hours on the agency's calendar, and how long a lease is."""

    desk: DeskTerms
    hours: WorkingHours
    lease: timedelta = LEASE

    def due(self, since: datetime) -> datetime:
        """Return until when what was asked at an instant is to be answered."""
        return self.hours.promised(since, timedelta(hours=self.desk.promise_hours))


@dataclass(frozen=True)
class Ground:
    """The database, the outbox, the clock, the terms, the metrics."""

    pool: Pool
    outbox: Outbox
    clock: Clock
    terms: Terms
    metrics: Metrics

    async def do(self, work: Callable[[Connection], Awaitable[tuple[T, Sequence[AnyReply]]]]) -> T:
        """Do something in one transaction with what it tells the notifier; `work` may run more than once."""

        async def once() -> tuple[T, Sequence[Row]]:
            async with transaction(self.pool) as connection:
                told, messages = await work(connection)
                rows = rows_of(messages)
                await self.outbox.insert(connection, rows)
            kinds.extend(one.kind for one in messages)
            return told, rows

        kinds: list[str] = []
        told, rows = await retrying(once, self.clock)
        self.outbox.committed(rows)
        for kind in kinds:
            self.metrics.replies.labels(kind).inc()
        return told


def rows_of(messages: Sequence[AnyReply]) -> Sequence[Row]:
    """Return the outbox's rows of messages to the notifier."""
    return [Row(one.reply_id, REPLY_SUBJECT, one.encoded()) for one in messages]
