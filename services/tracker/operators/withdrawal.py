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
from runtime.database import outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import (
    Connection,
    Pool,
    retrying,
    transaction,
)
from services.tracker import audit
from services.tracker.domain.batch import Identity
from services.tracker.domain.withdrawal import (
    Afterwards,
    Moment,
    Past,
    afterwards,
)
from services.tracker.intake import messages, store
from services.tracker.intake.store import Application
from services.tracker.ledger import ends
from services.tracker.ledger.corrections import correct
from services.tracker.operators.hold import Holding

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


class Withdrawing:
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
        await Holding(self._pool, self._clock, self._actor).hold(publisher, since)
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
            found = await connection.fetch(SQL["applications_of"], publisher, since, until, EVENTS_AT_ONCE)
            if not found:
                return None
            keys = [ApplicationKey(row["application_key"]) for row in found]
            applications = await store.lock(connection, keys)
            now = self._clock.now()
            past, marked = await _past(connection, keys, publisher, (since, until), now)
            notices, rows = await _end_notices(connection, marked, now)
            left = {key: afterwards(applications[key].known, some) for key, some in past.items()}
            changed = await _move(connection, applications, left)
            corrections = await correct(connection, changed, left, now)
            await outbox.store(connection, [*rows, *corrections])
        return Withdrawn(len(marked), len(left), notices, len(corrections))


async def _past(
    connection: Connection,
    keys: Sequence[ApplicationKey],
    publisher: Publisher,
    span: tuple[datetime, datetime],
    now: datetime,
) -> tuple[dict[ApplicationKey, list[Past]], list[Identity]]:
    """Return the histories with what is withdrawn now marked so, and the identities of that.

    An application of which somebody else took everything back meanwhile is left out.
    """
    past: dict[ApplicationKey, list[Past]] = {key: [] for key in keys}
    marked, touched = [], set()
    for row in await connection.fetch(SQL["past"], list(keys)):
        one = _past_event(row)
        if one.withdrawn_at is None and row["publisher"] == publisher and _within(row["accepted_at"], span):
            one = replace(one, withdrawn_at=now)
            marked.append(Identity(publisher, row["event_id"]))
            touched.add(row["application_key"])
        past[row["application_key"]].append(one)
    return {key: some for key, some in past.items() if key in touched}, marked


def _within(moment: datetime, span: tuple[datetime, datetime]) -> bool:
    return span[0] <= moment <= span[1]


def _past_event(row: asyncpg.Record) -> Past:
    return Past(store.event(row), Moment(row["taken_at"], row["stream_sequence"]), row["withdrawn_at"])


async def _end_notices(
    connection: Connection, marked: Sequence[Identity], now: datetime
) -> tuple[int, list[Row]]:
    """Let the notices of some events that were not told end; return how many and what is to be said.

    The ledger's locks come before those of its events, here as wherever ends are entered.
    """
    columns = [one.publisher for one in marked], [one.event_id for one in marked]
    found = await connection.fetch(SQL["lock_notices_of_events"], *columns)
    await connection.execute(SQL["mark_withdrawn"], *columns, now)
    pending = {row["notice_id"]: ends.identity_of(row) for row in found if row["ended_as"] is None}
    here = [row["notice_id"] for row in await connection.fetch(SQL["never_sent"], list(pending))]
    await connection.execute(SQL["end_withdrawn"], here, now)
    events = dict.fromkeys(pending[one] for one in here)
    rows = messages.withdrawals([one for one in pending if one not in set(here)], "publisher", now)
    return len(pending), [*rows, *await ends.reached(connection, events, now)]


async def _move(
    connection: Connection,
    applications: dict[ApplicationKey, Application],
    left: dict[ApplicationKey, Afterwards],
) -> list[Application]:
    known = [(key, one.known) for key, one in left.items()]
    await store.move_applications(connection, [one for one in known if one[1].state is not None])
    await store.forget_states(connection, [one for one in known if one[1].state is None])
    await connection.execute(SQL["look_again"], list(left))
    return [replace(applications[key], known=one) for key, one in known]
