"""Counts what a batch tells people and holds a publisher within the very transaction that goes too far."""

import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.messages.ids import Publisher
from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.postgres import Connection
from services.tracker.domain.batch import Taken
from services.tracker.domain.brake import (
    LEARNED,
    Hour,
    Limits,
    Usual,
    judge,
    usual_of,
    within_floors,
)
from services.tracker.store.holds import held_among, hold

SQL = sql.load("services.tracker.intake", "publisher_brake.sql")
ACTOR = "brake"
SHARDS = 64
LEARN_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Braked:
    """A publisher that was held, and why."""

    publisher: Publisher
    why: str


class PublisherBrake:
    """One process's look at the pace of publishers."""

    def __init__(self, clock: Clock, limits: Limits | None = None) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._shard = secrets.randbelow(SHARDS)
        self._learned: dict[Publisher, tuple[float, Usual]] = {}

    async def look(self, connection: Connection, taken: Sequence[Taken], now: datetime) -> list[Braked]:
        """Count a batch and hold whoever goes too far with it; call it before anybody's notices go out."""
        counts = Counter(
            (event.event.publisher, _hour(event.arrival.body.accepted_at), event.event.details.stage)
            for event in taken
            if event.decision.tell
        )
        if not counts:
            return []
        named = sorted(counts)
        columns = sql.columns(named, 3)
        await connection.execute(SQL["note_pace"], *columns, [counts[pace] for pace in named], self._shard)
        paces: dict[tuple[Publisher, datetime], dict[str, int]] = defaultdict(dict)
        for row in await connection.fetch(SQL["pace_of"], *columns[:2]):
            paces[row["publisher"], row["hour"]][row["stage"]] = row["events"]
        held = [await self._judge(connection, *hour, pace, now) for hour, pace in sorted(paces.items())]
        return [braked for braked in held if braked is not None]

    async def _judge(
        self,
        connection: Connection,
        publisher: Publisher,
        hour: datetime,
        pace: Mapping[str, int],
        now: datetime,
    ) -> Braked | None:
        if within_floors(pace, self._limits):
            return None
        learned = await self._usual(connection, publisher, now)
        if judge(pace, learned, self._limits) is None or await held_among(connection, [publisher]):
            return None
        # Somebody may have released the publisher since we learned.
        why = judge(pace, await self._learn(connection, publisher, now), self._limits)
        if why is None:
            return None
        if not await hold(connection, publisher, now=now, actor=ACTOR, why=why, since=hour):
            return None
        await audit.note(connection, ACTOR, "hold", f"{publisher}: {why}")
        return Braked(publisher, why)

    async def _usual(self, connection: Connection, publisher: Publisher, now: datetime) -> Usual:
        until, usual = self._learned.get(publisher, (0.0, Usual()))
        if self._clock.monotonic() < until:
            return usual
        return await self._learn(connection, publisher, now)

    async def _learn(self, connection: Connection, publisher: Publisher, now: datetime) -> Usual:
        rows = await connection.fetch(SQL["hours_of"], publisher, now - LEARNED)
        approved_at = await connection.fetchval(SQL["approved"], publisher)
        hours = (Hour(row["hour"], row["stage"], row["events"]) for row in rows)
        usual = usual_of(hours, now, approved_at)
        self._learned[publisher] = (self._clock.monotonic() + LEARN_SECONDS, usual)
        return usual


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
