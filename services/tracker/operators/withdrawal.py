"""Taking back what a publisher sent since a time: the wrong batch.

The publisher is held first, so nothing of it goes out meanwhile. Then its events leave the fold, application
by application under their locks; notices that were not sent end withdrawn, and whoever was told hears once
where the document stands. Each transaction leaves whole applications behind, so a withdrawal that was
interrupted goes on when it is run again, and one that is run twice changes nothing.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from contracts.messages.ids import ApplicationKey, Publisher
from runtime.clock import Clock
from runtime.database import audit, outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import (
    Connection,
    Pool,
    retrying,
    transaction,
)
from services.tracker.domain.applications import Application
from services.tracker.domain.batch import Identity
from services.tracker.domain.withdrawal import (
    Moment,
    PastEvent,
    Remainder,
    remainder,
)
from services.tracker.ledger.corrections import correct
from services.tracker.ledger.reach import identity_of, reached
from services.tracker.operators.hold import Holds
from services.tracker.store import applications as store
from services.tracker.store.history import event
from services.tracker.store.notices import withdrawals

SQL = sql.load("services.tracker.operators", "withdrawal.sql")

EVENTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a withdrawal would take back; notices that wait, and notices that told somebody."""

    events: int
    applications: int
    waiting: int
    told: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What one transaction took back: events, applications, notices that were not sent, corrections."""

    events: int = 0
    applications: int = 0
    notices: int = 0
    corrections: int = 0

    def __add__(self, other: "Withdrawn") -> "Withdrawn":
        return Withdrawn(
            self.events + other.events,
            self.applications + other.applications,
            self.notices + other.notices,
            self.corrections + other.corrections,
        )


class Withdrawals:
    """What operators do about a wrong batch."""

    def __init__(self, pool: Pool, clock: Clock, actor: str) -> None:
        self._pool = pool
        self._clock = clock
        self._actor = actor

    async def look(self, publisher: Publisher, since: datetime) -> Concerned:
        """Say what a withdrawal would take back, and change nothing."""
        [row] = await self._pool.fetch(SQL["concerned"], publisher, since, self._clock.now())
        return Concerned(**row)

    async def withdraw(self, publisher: Publisher, since: datetime) -> AsyncGenerator[Withdrawn, None]:
        """Hold the publisher, then take back what it sent from `since` until now, some at a time."""
        until, total = self._clock.now(), Withdrawn()
        await Holds(self._pool, self._clock, self._actor).hold(publisher, since)
        span = f"{publisher} from {since.isoformat()} until {until.isoformat()}"
        await audit.note(self._pool, self._actor, "withdraw", span)
        while (part := await retrying(lambda: self._part(publisher, since, until), self._clock)) is not None:
            total += part
            yield part
        await self._pool.execute(SQL["forget_pace"], publisher, since)
        said = f"{total.events} events of {total.applications} applications, {total.corrections} corrections"
        await audit.note(self._pool, self._actor, "withdrawn", f"{publisher}: {said}")

    async def _part(self, publisher: Publisher, since: datetime, until: datetime) -> Withdrawn | None:
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["applications_of"], publisher, since, until, EVENTS_AT_ONCE)
            if not rows:
                return None
            keys = [ApplicationKey(row["application_key"]) for row in rows]
            applications = await store.lock(connection, keys)
            now = self._clock.now()
            past, marked = await _past(connection, keys, publisher, (since, until), now)
            notices, messages = await _end_notices(connection, marked, now)
            left = {key: remainder(applications[key].known, events) for key, events in past.items()}
            changed = await _move(connection, applications, left)
            corrections = await correct(connection, changed, left, now)
            await outbox.store(connection, [*messages, *corrections])
        return Withdrawn(len(marked), len(left), notices, len(corrections))


async def _past(
    connection: Connection,
    keys: Sequence[ApplicationKey],
    publisher: Publisher,
    span: tuple[datetime, datetime],
    now: datetime,
) -> tuple[dict[ApplicationKey, list[PastEvent]], list[Identity]]:
    """Return the histories with what is withdrawn now marked so, and the identities of that.

    An application of which somebody else took everything back meanwhile is left out.
    """
    past: dict[ApplicationKey, list[PastEvent]] = {key: [] for key in keys}
    marked, touched = [], set()
    for row in await connection.fetch(SQL["past"], list(keys)):
        past_event = _past_event(row)
        of_theirs = past_event.withdrawn_at is None and row["publisher"] == publisher
        if of_theirs and _within(row["accepted_at"], span):
            past_event = replace(past_event, withdrawn_at=now)
            marked.append(Identity(publisher, row["event_id"]))
            touched.add(row["application_key"])
        past[row["application_key"]].append(past_event)
    return {key: events for key, events in past.items() if key in touched}, marked


def _within(moment: datetime, span: tuple[datetime, datetime]) -> bool:
    return span[0] <= moment <= span[1]


def _past_event(row: asyncpg.Record) -> PastEvent:
    return PastEvent(event(row), Moment(row["taken_at"], row["stream_sequence"]), row["withdrawn_at"])


async def _end_notices(
    connection: Connection, marked: Sequence[Identity], now: datetime
) -> tuple[int, list[Row]]:
    """Let the notices of some events that were not told end; return how many and what is to be said.

    The ledger's locks come before those of its events, here as wherever ends are entered.
    """
    columns = sql.columns(marked, 2)
    notices = await connection.fetch(SQL["lock_notices_of_events"], *columns)
    await connection.execute(SQL["mark_withdrawn"], *columns, now)
    pending = {row["notice_id"]: identity_of(row) for row in notices if row["ended_as"] is None}
    never_sent = {row["notice_id"] for row in await connection.fetch(SQL["never_sent"], list(pending))}
    await connection.execute(SQL["end_withdrawn"], list(never_sent), now)
    causes = dict.fromkeys(pending[notice] for notice in never_sent)
    rows = withdrawals([notice for notice in pending if notice not in never_sent], "publisher", now)
    return len(pending), [*rows, *await reached(connection, causes, now)]


async def _move(
    connection: Connection,
    applications: dict[ApplicationKey, Application],
    left: dict[ApplicationKey, Remainder],
) -> list[Application]:
    known = {key: remaining.known for key, remaining in left.items()}
    await store.move_applications(connection, [(k, v) for k, v in known.items() if v.state is not None])
    await store.forget_states(connection, [(k, v) for k, v in known.items() if v.state is None])
    await connection.execute(SQL["look_again"], list(left))
    return [replace(applications[key], known=after) for key, after in known.items()]
