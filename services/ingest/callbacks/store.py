"""The callbacks' table: where each publisher's outcomes are posted, how far they are, what is on its way.

Only the lease's holder moves a callback; operators change it at any time, and what they change wins: every
write of the holder names the message or the place that it is about.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid4

import asyncpg

from contracts.messages.ids import Publisher
from runtime.database import sql
from runtime.database.postgres import Pool
from services.ingest.domain.callbacks import (
    Advance,
    AttemptResult,
    NextStep,
    Retry,
    State,
    Stop,
    StopReason,
    result_name,
)
from services.ingest.domain.cursors import Place
from services.ingest.feed.store import StoredOutcome

SQL = sql.load("services.ingest.callbacks", "store.sql")
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Fence:
    """The lease under which the holder writes, by its role and fencing token."""

    role: str
    token: int


@dataclass(frozen=True, slots=True)
class Callback:
    """One publisher's callback; everything up to `place` is delivered."""

    publisher: Publisher
    url: str
    salt: bytes
    earlier_salt: bytes | None
    earlier_until: datetime | None
    state: State
    reason: StopReason | None
    since: datetime
    place: Place
    attempts: int
    due_at: datetime
    last_at: datetime | None
    last_result: str | None
    last_status: int | None

    def salts(self, now: datetime) -> tuple[bytes, ...]:
        """Return what the live secrets are derived from, the newest first."""
        if self.earlier_salt is None or self.earlier_until is None or self.earlier_until <= now:
            return (self.salt,)
        return (self.salt, self.earlier_salt)


@dataclass(frozen=True, slots=True)
class Backlog:
    """A callback and what waits for it: how many outcomes, and since when."""

    callback: Callback
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was begun: its message has the same id and outcomes at every attempt.

    `number` counts the attempts at this message, this one included; `since` is when the first began.
    """

    callback: Callback
    message_id: UUID
    opened_at: datetime
    outcomes: tuple[StoredOutcome, ...]
    number: int
    since: datetime


class CallbackStore:
    """Reads and writes of callbacks by those who deliver them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due(self, now: datetime) -> list[Publisher]:
        """Return to whom something is to be sent now."""
        return [Publisher(row["publisher"]) for row in await self._pool.fetch(SQL["due"], now)]

    async def waiting(self, counted: int = MOST_COUNTED) -> list[Backlog]:
        """Return every callback and what waits for it, counted up to `counted`."""
        rows = await self._pool.fetch(SQL["all"], counted)
        return [Backlog(_callback(row), row["waiting"], row["oldest_at"]) for row in rows]

    async def begin(self, publisher: Publisher, size: int, now: datetime, fence: Fence) -> Attempt | None:
        """Begin an attempt at the message that comes next; None where there is nothing to send any more."""
        row = await self._pool.fetchrow(SQL["find"], publisher)
        if row is None or row["state"] != "active":
            return None
        callback = _callback(row)
        where = (publisher, callback.place.epoch, callback.place.sequence)
        if row["purged"]:
            await self._pool.fetchval(SQL["pause_purged"], *where, now, fence.role, fence.token)
            return None
        until = (row["until_epoch"], row["until_sequence"])
        # A message that was begun holds what it held, whatever the size is by now.
        outcomes = await self._outcomes(where, until, size if row["message_id"] is None else None)
        if not outcomes:
            return None
        message_id, opened_at = row["message_id"] or uuid4(), row["opened_at"] or now
        last = outcomes[-1].place
        begun = await self._pool.fetchrow(
            *(SQL["attempt"], *where, message_id, last.epoch, last.sequence, opened_at, now),
            *(fence.role, fence.token),
        )
        if begun is None:
            return None
        return Attempt(callback, message_id, opened_at, outcomes, begun["attempts"], begun["trying_since"])

    async def _outcomes(
        self, where: tuple[str, int, int], until: tuple[int | None, int | None], size: int | None
    ) -> tuple[StoredOutcome, ...]:
        rows = await self._pool.fetch(SQL["outcomes"], *where, *until, size)
        return tuple(
            StoredOutcome(Place(row["epoch"], row["sequence"]), row["kind"], row["body"]) for row in rows
        )

    async def end(
        self, attempt: Attempt, result: AttemptResult, step: NextStep, now: datetime, fence: Fence
    ) -> bool:
        """Record how an attempt ended and, in the same write, where the callback stands.

        Returns False, and changes nothing, where an operator or another holder was faster.
        """
        match step:
            case Advance():
                query = SQL["forward"]
                values: tuple[object, ...] = ()
            case Retry(at):
                query = SQL["again"]
                values = (result_name(result), at, "active", None)
            case Stop(state, reason):
                query = SQL["again"]
                values = (result_name(result), now, state, reason)
            case _:
                assert_never(step)
        which = (attempt.callback.publisher, attempt.message_id, fence.role, fence.token, now, result.status)
        return await self._pool.fetchval(query, *which, *values) is not None


class CallbackAdmin:
    """What operators do with callbacks; each returns whether the publisher has one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, publisher: Publisher) -> Callback | None:
        """Return one callback."""
        row = await self._pool.fetchrow(SQL["find"], publisher)
        return None if row is None else _callback(row)

    async def add(self, publisher: Publisher, url: str, salt: bytes, place: Place, now: datetime) -> bool:
        """Add a callback from a place of the feed on; False where the publisher has one."""
        return await self._done("add", publisher, url, salt, now, place.epoch, place.sequence)

    async def change_url(self, publisher: Publisher, url: str, now: datetime) -> bool:
        """Give a callback another address."""
        return await self._done("change_url", publisher, url, now)

    async def rotate(self, publisher: Publisher, salt: bytes, until: datetime) -> bool:
        """Give a callback another secret; the present one also signs until then."""
        return await self._done("rotate", publisher, salt, until)

    async def disable(self, publisher: Publisher, now: datetime) -> bool:
        """Send nothing more."""
        return await self._done("disable", publisher, now)

    async def enable(self, publisher: Publisher, now: datetime) -> bool:
        """Send again from where it stands."""
        return await self._done("enable", publisher, now)

    async def replay(self, publisher: Publisher, place: Place, now: datetime) -> bool:
        """Send again everything behind a place of the feed."""
        return await self._done("replay", publisher, place.epoch, place.sequence, now)

    async def _done(self, query: str, *values: object) -> bool:
        return await self._pool.fetchval(SQL[query], *values) is not None


def _callback(row: asyncpg.Record) -> Callback:
    return Callback(
        publisher=Publisher(row["publisher"]),
        url=row["url"],
        salt=row["salt"],
        earlier_salt=row["earlier_salt"],
        earlier_until=row["earlier_until"],
        state=row["state"],
        reason=row["reason"],
        since=row["since"],
        place=Place(row["epoch"], row["sequence"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
        last_at=row["last_at"],
        last_result=row["last_result"],
        last_status=row["last_status"],
    )
