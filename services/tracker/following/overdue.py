"""Telling people, once a date, that an expected date has passed without the next stage.

One tracker at a time looks, so that no work is done twice; what is told does not hang on that: everything is
decided under the application's lock, and a notice's id names the date. Whoever began to follow after the date
had passed learned so from the answer, and is not told again.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from contracts.messages.ids import ApplicationKey
from runtime.clock import Clock, pause
from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import (
    TRANSIENT,
    Connection,
    Pool,
    retrying,
    transaction,
)
from runtime.logs import logger
from services.tracker.domain.applications import Application, Follower
from services.tracker.domain.expected_dates import (
    Rules,
    look_at,
    outlook_of,
    overdue_at,
)
from services.tracker.domain.state import State
from services.tracker.metrics import Metrics
from services.tracker.store.applications import lock
from services.tracker.store.holds import held_among
from services.tracker.store.notices import NewNotice, insert_notices, overdue_notice

LOG = logger(__name__)
SQL = sql.load("services.tracker.following", "overdue.sql")
ROLE = "overdue"
EVERY_SECONDS = 30.0
LOOKED_AT_ONCE = 100
HELD_AGAIN = timedelta(hours=1)
"""When to look again at a document whose publisher is held: what it said may be wrong."""


class OverdueNotices:
    """The use case of dates that pass."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock, rules: Rules, metrics: Metrics) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock
        self._rules = rules
        self._metrics = metrics

    async def run(self, lease: Lease, stop: asyncio.Event) -> None:
        """Look every half a minute while the lease is ours, until told to stop."""

        async def work() -> None:
            while not stop.is_set():
                try:
                    await self.look()
                except TRANSIENT as error:
                    LOG.warning("overdue documents wait for the database", error=repr(error))
                await pause(stop, EVERY_SECONDS)

        await lease.while_held(work, stop)

    async def look(self) -> int:
        """Look at every application that is due, some at a time; return how many people are to be told."""
        told = 0
        while True:
            seen, rows = await retrying(lambda: self._page(self._clock.now()), self._clock)
            self._outbox.committed(rows)
            self._metrics.overdue.inc(len(rows))
            told += len(rows)
            if seen < LOOKED_AT_ONCE:
                return told

    async def _page(self, now: datetime) -> tuple[int, Sequence[Row]]:
        async with transaction(self._pool) as connection:
            due_rows = await connection.fetch(SQL["to_look_at"], now, LOOKED_AT_ONCE)
            keys = [ApplicationKey(row["application_key"]) for row in due_rows]
            applications = await lock(connection, keys)
            known = {key: application.known.state for key, application in applications.items()}
            states = {key: state for key, state in known.items() if state is not None}
            again = await self._again(connection, states, now)
            due = {key: states[key] for key, at in again.items() if at is not None and at <= now}
            notices = await self._tell(connection, applications, due, now)
            await insert_notices(connection, notices, now)
            rows = [notice.message for notice in notices]
            await self._outbox.insert(connection, rows)
            told = Counter(notice.entry.application_key for notice in notices)
            looked = [None if key in due else again.get(key) for key in keys]
            await connection.execute(SQL["looked"], keys, looked, [told[key] for key in keys])
        return len(keys), rows

    async def _again(
        self, connection: Connection, states: Mapping[ApplicationKey, State], now: datetime
    ) -> dict[ApplicationKey, datetime | None]:
        """Return when each application is overdue, or to be looked at again; None for never."""
        publishers = sorted({state.publisher for state in states.values()})
        held = await held_among(connection, publishers)
        again = {key: look_at(state, self._rules, now) for key, state in states.items()}
        for key, at in again.items():
            if at is not None and at <= now and states[key].publisher in held:
                again[key] = now + HELD_AGAIN
        return again

    async def _tell(
        self,
        connection: Connection,
        applications: Mapping[ApplicationKey, Application],
        due: Mapping[ApplicationKey, State],
        now: datetime,
    ) -> list[NewNotice]:
        """Return what is said to those who waited and have not heard of this date."""
        passed = [overdue_at(state, self._rules) for state in due.values()]
        notices = []
        for row in await connection.fetch(SQL["who_waited"], list(due), passed):
            key = ApplicationKey(row["application_key"])
            who = Follower(row["subscription_id"], row["recipient_id"])
            outlook = outlook_of([due[key]], self._rules, now)
            notices.append(overdue_notice(applications[key], who, outlook, now))
        ids = [notice.entry.notice_id for notice in notices]
        before = {row["notice_id"] for row in await connection.fetch(SQL["told_before"], ids)}
        return [notice for notice in notices if notice.entry.notice_id not in before]
