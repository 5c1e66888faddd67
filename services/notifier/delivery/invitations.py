"""Spreads notices of documents that are ready over days, where an office serves only so many a day.

One row an invitation says whose day is when; what waits for it is held back as quiet hours hold it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

import asyncpg

from runtime.clock import Clock, pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Connection
from runtime.logs import logger
from services.notifier.delivery.store import Arrival, Store, Unit
from services.notifier.domain.invitations import FRESH, Pacing, days_for, invitation_of

LOG = logger(__name__)
SQL = sql.load("services.notifier.delivery", "invitations.sql")
LOOKS_SECONDS = 60.0


@dataclass(frozen=True)
class Given:
    """An invitation, to which office and when it goes out."""

    id: UUID
    office: str
    goes_at: datetime


@dataclass(frozen=True)
class Spread:
    """Notices with the times at which they go out, and by which invitation each does that waits for one."""

    arrivals: Sequence[Arrival]
    invitations: Mapping[UUID, UUID]

    async def mark(self, unit: Unit) -> None:
        """Note of stored notices by which invitations they go out."""
        if self.invitations:
            await unit.connection.execute(
                SQL["mark"], list(self.invitations), list(self.invitations.values())
            )


class Invitations:
    """Gives days; one process at a time does, the one that takes notices in."""

    def __init__(self, pacing: Pacing, store: Store, clock: Clock) -> None:
        self._pacing = pacing
        self._store = store
        self._clock = clock

    async def spread(self, unit: Unit, arrivals: Sequence[Arrival]) -> Spread:
        """Return the notices, those of later days held back until then; they live as much longer."""
        wanted: dict[UUID, str] = {
            arrival.notice.notice_id: office
            for arrival in arrivals
            if (office := self._pacing.office_of(arrival.notice)) is not None
        }
        if not wanted:
            return Spread(arrivals, {})
        now = self._clock.now()
        given = await self._given(unit.connection, arrivals, wanted, now)
        later = {id_: one for id_, one in given.items() if one.goes_at > now}
        return Spread(
            [_held(arrival, later.get(arrival.notice.notice_id), now) for arrival in arrivals],
            {id_: one.id for id_, one in given.items()},
        )

    async def keep(self, stop: asyncio.Event) -> None:
        """Look once a minute whether days have become free, or offices invite more or fewer now."""
        while not stop.is_set():
            try:
                await self.once()
            except TRANSIENT as error:
                LOG.warning("invitations wait for the database", error=repr(error))
            await pause(stop, LOOKS_SECONDS)

    async def once(self) -> int:
        """Give all that wait their days anew, in their order; return how many got another one."""
        now = self._clock.now()
        async with self._store.unit() as unit:
            connection = unit.connection
            await connection.execute(SQL["give_alone"])
            rows = await connection.fetch(SQL["waiting"], now)
            await connection.execute(SQL["free"], [row["id"] for row in rows if not row["waits"]])
            told = {
                row["office"]: row["count"]
                for row in await connection.fetch(SQL["told"], self._pacing.today(now), now)
            }
            waiting: dict[str, list[tuple[UUID, date]]] = defaultdict(list)
            for row in rows:
                if row["waits"]:
                    waiting[row["office"]].append((row["id"], row["day"]))
            moved = [
                (id_, day, self._pacing.moment(day, now))
                for office, ones in waiting.items()
                for (id_, before), day in zip(
                    ones, self._days(office, len(ones), told.get(office, 0), now), strict=True
                )
                if day != before
            ]
            if moved:
                unit.wake(
                    row["channel"] for row in await connection.fetch(SQL["move"], *sql.columns(moved, 3))
                )
        return len(moved)

    def _days(self, office: str, count: int, told: int, now: datetime) -> Sequence[date]:
        today = self._pacing.today(now)
        return days_for(count, {today: told}, self._pacing.places(office), today)

    async def _given(
        self, connection: Connection, arrivals: Sequence[Arrival], wanted: Mapping[UUID, str], now: datetime
    ) -> Mapping[UUID, Given]:
        """Return the invitation of each notice that is one, by the notice; new ones are noted."""
        await connection.execute(SQL["give_alone"])
        inviting = [arrival.notice for arrival in arrivals if arrival.notice.notice_id in wanted]
        names = {one.notice_id: invitation_of(one, wanted[one.notice_id]) for one in inviting}
        known = {row["id"]: _of(row) for row in await connection.fetch(SQL["known"], list(names.values()))}
        subscriptions = list({one.subscription_id for one in inviting})
        rows = await connection.fetch(SQL["latest_of"], subscriptions)
        latest = {row["subscription_id"]: _of(row) for row in rows}
        invited, fresh = await self._invited(connection, set(wanted.values()), now), list[Given]()
        found: dict[UUID, Given] = {}
        for one in inviting:
            office, before = wanted[one.notice_id], latest.get(one.subscription_id)
            same = before is not None and before.office == office
            if before is not None and same and (before.goes_at > now or one.kind not in FRESH):
                given = before
            elif names[one.notice_id] in known:
                given = known[names[one.notice_id]]
            else:
                given = self._next(names[one.notice_id], office, invited[office], now)
                known[given.id] = given
                fresh.append(given)
            latest[one.subscription_id] = found[one.notice_id] = given
        await self._note(connection, fresh)
        return found

    def _next(self, id_: UUID, office: str, invited: dict[date, int], now: datetime) -> Given:
        """Return an invitation on the first day with room, behind all that wait."""
        first = max([self._pacing.today(now), *invited])
        day = days_for(1, invited, self._pacing.places(office), first)[0]
        invited[day] = invited.get(day, 0) + 1
        return Given(id_, office, self._pacing.moment(day, now))

    async def _invited(
        self, connection: Connection, offices: Collection[str], now: datetime
    ) -> Mapping[str, dict[date, int]]:
        rows = await connection.fetch(SQL["invited"], sorted(offices), self._pacing.today(now))
        found: dict[str, dict[date, int]] = {office: {} for office in offices}
        for row in rows:
            found[row["office"]][row["day"]] = row["count"]
        return found

    async def _note(self, connection: Connection, fresh: Sequence[Given]) -> None:
        if fresh:
            ids, offices, moments = (
                list(map(attrgetter(name), fresh)) for name in ("id", "office", "goes_at")
            )
            days = [self._pacing.today(moment) for moment in moments]
            await connection.execute(SQL["give"], ids, offices, days, moments)


def _of(row: asyncpg.Record) -> Given:
    return Given(row["id"], row["office"], row["goes_at"])


def _held(arrival: Arrival, later: Given | None, now: datetime) -> Arrival:
    if later is None:
        return arrival
    return replace(arrival, held_until=later.goes_at, expires_at=arrival.expires_at + (later.goes_at - now))
