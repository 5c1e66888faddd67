"""What citizens are told of their wait: once as they come into the queue, and again when it changes much."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from contracts.messages.desk.talk import AnyReply, Queued
from runtime.clock import pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Connection, Pool
from runtime.logs import logger
from services.desk.conversations.ground import Ground
from services.desk.domain.queueing import PRESENT
from services.desk.domain.waits import AT_MOST_EVERY, Load, Told, Wait, is_news, wait_of

LOG = logger(__name__)
SQL = sql.load("services.desk.conversations", "telling.sql")
LOOKS_SECONDS = 60.0
LATELY = timedelta(days=3)
MEASURED = 200
"""Of so many of the latest answers the usual time is taken."""
FEWEST = 20
"""With fewer of them it is the catalogue's."""
KNOWN_SECONDS = 10.0
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Placed:
    """A conversation in the queue: its place, from 1 on, and until when it is to be answered."""

    conversation_id: UUID
    place: int
    due: datetime


class Telling:
    """Tells of waits."""

    def __init__(self, ground: Ground) -> None:
        self._pool = ground.pool
        self._clock = ground.clock
        self._terms = ground.terms
        self._ground = ground
        self._load: Load | None = None
        self._until = 0.0

    async def load(self, connection: Connection | Pool) -> Load:
        """Return how long an answer usually takes and how many answer; it may be some seconds old."""
        if self._load is None or self._clock.monotonic() >= self._until:
            row = await connection.fetchrow(SQL["load"], PRESENT, LATELY, MEASURED)
            if row is None:
                raise RuntimeError("counting gives one row")
            usual = timedelta(minutes=self._terms.desk.usual_minutes)
            if row["measured"] >= FEWEST:
                usual = row["usual"]
            # Outside of the hours nobody is there, and those who answered lately will be again.
            self._load = Load(usual, max(1, row["present"] or row["lately"]))
            self._until = self._clock.monotonic() + KNOWN_SECONDS
        return self._load

    async def tell(self, connection: Connection, numbers: Mapping[UUID, int]) -> Sequence[AnyReply]:
        """Tell those who wait among some conversations, under numbers that are theirs already."""
        placed = [Placed(**row) for row in await connection.fetch(SQL["places"], sorted(numbers))]
        return await self._told(connection, placed, numbers)

    async def again(self) -> int:
        """Tell all whose wait changed much; return how many."""
        now = self._clock.now()
        load = await self.load(self._pool)
        news: list[Placed] = []
        for index, row in enumerate(await self._pool.fetch(SQL["told"], now - AT_MOST_EVERY)):
            told = Told(row["told_at"], row["told_first"], row["told_last"])
            if is_news(told, wait_of(row["place"], load, self._terms.hours, now), now):
                news.append(Placed(row["conversation_id"], row["place"], row["due"]))
            if index % MOST_AT_ONCE == 0:
                await asyncio.sleep(0)
        for first in range(0, len(news), MOST_AT_ONCE):
            await self._tell_again(news[first : first + MOST_AT_ONCE])
        return len(news)

    async def run(self, stop: asyncio.Event) -> None:
        """Look every minute until stopped."""
        while not stop.is_set():
            try:
                await self.again()
            except TRANSIENT as error:
                LOG.warning("waits are told later", error=repr(error))
            await pause(stop, LOOKS_SECONDS)

    async def _tell_again(self, news: Sequence[Placed]) -> None:
        async def work(connection: Connection) -> tuple[None, Sequence[AnyReply]]:
            found = await connection.fetch(SQL["number"], [one.conversation_id for one in news])
            numbers = {row["conversation_id"]: row["replies"] for row in found}
            waiting = [one for one in news if one.conversation_id in numbers]
            return None, await self._told(connection, waiting, numbers)

        await self._ground.do(work)

    async def _told(
        self, connection: Connection, placed: Sequence[Placed], numbers: Mapping[UUID, int]
    ) -> Sequence[AnyReply]:
        if not placed:
            return []
        now, load = self._clock.now(), await self.load(connection)
        waits = {one.conversation_id: wait_of(one.place, load, self._terms.hours, now) for one in placed}
        ends = [(id_, wait.first, wait.last) for id_, wait in waits.items()]
        ids, first, last = sql.columns(ends, 3)
        await connection.execute(SQL["tell"], ids, now, first, last)
        return [_queued(one, waits[one.conversation_id], numbers[one.conversation_id], now) for one in placed]


def _queued(placed: Placed, wait: Wait, number: int, now: datetime) -> Queued:
    known = wait.first is not None
    return Queued(
        reply_id=uuid4(),
        conversation_id=placed.conversation_id,
        number=number,
        at=now,
        place=placed.place,
        wait_from=wait.low if known else None,
        wait_to=wait.high if known else None,
        opens_at=wait.opens_at,
        by=placed.due,
    )
