"""What happens by itself: reminders, ends of what is not ready any more, earlier times, the purge."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from contracts.messages.desk.appointments import NewsKind, Status
from contracts.messages.desk.ready import MOST_ASKED, OneAsked, Ready
from runtime.clock import Clock, pause
from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import TRANSIENT, Pool, transaction
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from services.desk.appointments.records import free_slots, news_of, offer_of
from services.desk.appointments.tracker_client import Tracker
from services.desk.domain.slots import Timetable, Waiter, offers, remind_at
from services.desk.metrics import Metrics

SQL = sql.load("services.desk.appointments", "upkeep.sql")
LOG = logger(__name__)
ROLE = "appointments"
PURGING = "appointments purge"
BATCH = 500
PAUSE_SECONDS = 15.0
CHECK_EVERY = timedelta(minutes=1)
OFFER_STANDS = timedelta(hours=1)
"""How long a time is kept from being offered to more people than have room in it."""
_LONGEST_DAY = timedelta(hours=49)
"""A reminder is due the day before by the clock: no earlier than this before."""


@dataclass(frozen=True)
class Upkeep:
    """Does by itself what is due."""

    pool: Pool
    outbox: Outbox
    tracker: Tracker
    timetables: Mapping[str, Timetable]
    clock: Clock
    metrics: Metrics

    async def run(self, lease: Lease, stop: asyncio.Event) -> None:
        """Do what is due again and again while the role is ours, until told to stop."""

        async def work() -> None:
            while not stop.is_set():
                try:
                    await self.once()
                except TRANSIENT as error:
                    LOG.warning("appointments wait for the database", error=repr(error))
                await pause(stop, PAUSE_SECONDS)

        await lease.while_held(work, stop)

    async def once(self) -> None:
        """Do what is due now."""
        try:
            await self.check()
            await self.check_waiting()
        except RpcUnavailableError as error:
            LOG.warning("the tracker cannot say what is still ready", reason=str(error))
        await self.offer()
        await self.remind()

    async def remind(self) -> int:
        """Remind everybody whose time it is, each once; return how many."""
        told = 0
        while True:
            now = self.clock.now()
            async with transaction(self.pool) as connection:
                rows = await connection.fetch(SQL["to_remind"], now, now + _LONGEST_DAY, BATCH)
                due = [(row, self._due(row)) for row in rows]
                late = [row for row, at in due if at is None]
                ripe = [row for row, at in due if at is not None and at <= now]
                done = [row["appointment_id"] for row in (*late, *ripe)]
                await connection.execute(SQL["reminded"], done, now)
                news = [news_of(row, NewsKind.REMINDER, now) for row in ripe]
                await self.outbox.insert(connection, news)
            self._tell(NewsKind.REMINDER, news)
            told += len(news)
            if len(rows) < BATCH or not done:
                return told

    def _due(self, row: asyncpg.Record) -> datetime | None:
        timetable = self.timetables.get(row["office"])
        zone = next(iter(self.timetables.values())).zone if timetable is None else timetable.zone
        return remind_at(row["starts_at"], row["booked_at"], zone)

    async def check(self) -> None:
        """End what is not ready any more, or waits at another office; learn who people are now."""
        while True:
            now = self.clock.now()
            rows = await self.pool.fetch(SQL["to_check"], now, now - CHECK_EVERY, MOST_ASKED)
            if not rows:
                return
            found = await self.tracker.ready([_asked(row) for row in rows])
            stands, over = _parted(rows, found)
            moved = [row["appointment_id"] for row, ready in over if ready is not None]
            async with transaction(self.pool) as connection:
                columns = [
                    [row["appointment_id"] for row, _ in stands],
                    [ready.recipient_id for _, ready in stands],
                    [ready.subscription_id for _, ready in stands],
                ]
                await connection.execute(SQL["checked"], *columns, now)
                ended = [row["appointment_id"] for row, _ in over]
                gone = await connection.fetch(SQL["end"], ended, Status.ENDED, now)
                # Who has their document knows it; whose document waits elsewhere has to come elsewhere.
                told = [row for row in gone if row["appointment_id"] in moved]
                news = [news_of(row, NewsKind.CLOSED, now) for row in told]
                await self.outbox.insert(connection, news)
            self._tell(NewsKind.CLOSED, news)

    async def check_waiting(self) -> None:
        """Let nobody wait any longer whose document is not ready any more, or waits at another office."""
        while True:
            now = self.clock.now()
            rows = await self.pool.fetch(SQL["waiters_to_check"], now - CHECK_EVERY, MOST_ASKED)
            if not rows:
                return
            found = await self.tracker.ready([_asked(row) for row in rows])
            stands, over = _parted(rows, found)
            async with transaction(self.pool) as connection:
                columns = [
                    [row["application"] for row, _ in stands],
                    [ready.recipient_id for _, ready in stands],
                    [ready.subscription_id for _, ready in stands],
                ]
                await connection.execute(SQL["waiters_checked"], *columns, now)
                await connection.execute(SQL["waiters_gone"], [row["application"] for row, _ in over])

    async def offer(self) -> int:
        """Offer what has become free to those who wait for it; return how many offers were made."""
        made = 0
        for office, timetable in self.timetables.items():
            waiting = await self.pool.fetch(SQL["waiters"], office)
            if waiting:
                made += await self._offer(timetable, waiting)
        return made

    async def _offer(self, timetable: Timetable, waiting: Sequence[asyncpg.Record]) -> int:
        now, office = self.clock.now(), timetable.office.code
        slots = {slot.starts_at: (slot, left) for slot, left in await free_slots(self.pool, timetable, now)}
        standing = await self.pool.fetch(SQL["open_offers"], office, now - OFFER_STANDS)
        chosen = offers(
            [Waiter(row["application"], row["before"], frozenset(row["offered"])) for row in waiting],
            {starts_at: left for starts_at, (_, left) in slots.items()},
            {row["starts_at"]: row["offers"] for row in standing},
        )
        people = {row["application"]: row for row in waiting}
        news: list[Row] = []
        async with transaction(self.pool) as connection:
            for application, starts_at in chosen:
                try:
                    new = await connection.fetchval(SQL["offer"], application, starts_at, now)
                except asyncpg.ForeignKeyViolationError:  # they do not wait any more
                    return 0
                if new is not None:
                    news.append(offer_of(people[application], slots[starts_at][0], now))
            await self.outbox.insert(connection, news)
        self._tell(NewsKind.EARLIER, news)
        return len(news)

    def _tell(self, kind: NewsKind, rows: Sequence[Row]) -> None:
        self.outbox.committed(rows)
        self.metrics.appointments_told.labels(kind).inc(len(rows))

    async def look(self) -> None:
        """Keep the gauges true."""
        now = self.clock.now()
        standing = {row["office"]: row["number"] for row in await self.pool.fetch(SQL["standing"], now)}
        waiting = {row["office"]: row["number"] for row in await self.pool.fetch(SQL["waiting"])}
        for office, timetable in self.timetables.items():
            left = sum(places for _, places in await free_slots(self.pool, timetable, now))
            self.metrics.appointments.labels(office).set(standing.get(office, 0))
            self.metrics.appointments_free.labels(office).set(left)
            self.metrics.appointments_waiting.labels(office).set(waiting.get(office, 0))


@dataclass(frozen=True)
class Purge:
    """Removes what is over; `keep` is for how long an appointment is kept after its time."""

    pool: Pool
    clock: Clock
    keep: timedelta

    async def once(self) -> int:
        """Remove at most BATCH appointments, and all closed times as old; return how many of the first."""
        before = self.clock.now() - self.keep
        await self.pool.execute(SQL["purge_closed"], before)
        done = await self.pool.execute(SQL["purge"], before, BATCH)
        return int(done.rpartition(" ")[2])


def _asked(row: asyncpg.Record) -> OneAsked:
    return OneAsked(recipient_id=row["recipient_id"], subscription_id=row["subscription_id"])


def _parted(
    rows: Sequence[asyncpg.Record], found: Sequence[Ready | None]
) -> tuple[list[tuple[asyncpg.Record, Ready]], list[tuple[asyncpg.Record, Ready | None]]]:
    """Return those that stand where they stood with what they are now, and those that do not."""
    stands: list[tuple[asyncpg.Record, Ready]] = []
    over: list[tuple[asyncpg.Record, Ready | None]] = []
    for row, ready in zip(rows, found, strict=True):
        same = ready is not None and (ready.application, ready.office) == (row["application"], row["office"])
        if ready is not None and same:
            stands.append((row, ready))
        else:
            over.append((row, ready))
    return stands, over
