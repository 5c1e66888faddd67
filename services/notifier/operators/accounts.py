"""Holding an account back: nobody is written to through it, but whoever writes to it is answered.

What waits keeps its place. When the account goes on it goes out as what was held back: of each subscription
only the newest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.postgres import Connection, Pool, retrying, transaction

SQL = sql.load("services.notifier.operators", "accounts.sql")
BATCH = 10_000


class UnknownAccountError(Exception):
    """No notifier was ever told of an account of this name."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when an account is held back, by whom and why."""

    since: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Paid:
    """How many messages cost the agency money in a month, named by its first day, and how many may."""

    month: date
    messages: int
    ceiling: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its notifiers left it in the database.

    `holder` is the process that sends, as `host:pid:random`, None where none does. `waiting` counts what has
    not gone out, answers included, and `oldest_seconds` is how long the first of it has waited. `accepted_at`
    is when the messenger took something last, told some seconds later; `down_since` and `down_reason` say
    since when and why nothing goes out. `paid` is None where messages cost nothing.
    """

    name: str
    holder: str | None
    waiting: int
    oldest_seconds: float
    accepted_at: datetime | None
    down_since: datetime | None
    down_reason: str | None
    pause: Pause | None
    paid: Paid | None


class Accounts:
    """What operators do about accounts; each change is entered into the audit."""

    def __init__(self, pool: Pool, clock: Clock, actor: str) -> None:
        self._pool = pool
        self._clock = clock
        self._actor = actor

    async def known(self) -> Sequence[Account]:
        """List the accounts by name."""
        return [_account(row) for row in await self._pool.fetch(SQL["accounts"])]

    async def pause(self, name: str, why: str) -> bool:
        """Hold an account back from its next look on; False where it is held back already.

        Raises UnknownAccountError.
        """
        await self._must_know(name)
        async with transaction(self._pool) as connection:
            paused = await connection.fetchval(SQL["pause"], name, self._actor, why)
            if paused:
                await audit.note(connection, self._actor, "pause", f"{name}: {why}")
        return bool(paused)

    async def resume(self, name: str) -> int | None:
        """Let an account go on; return how many messages waited, None where it is not held back.

        Raises UnknownAccountError.
        """
        await self._must_know(name)
        if not await self._pool.fetchval(SQL["paused"], name):
            return None
        # Most of it before, so that whoever writes waits for no long transaction.
        await _hold_waiting(self._pool, name)
        return await retrying(lambda: self._resume(name), self._clock)

    async def _resume(self, name: str) -> int | None:
        async with transaction(self._pool) as connection:
            if not await connection.fetchval(SQL["resume"], name):
                return None
            await _hold_waiting(connection, name)
            waited: int = await connection.fetchval(SQL["waiting"], name)
            await connection.execute(SQL["wake"], name)
            await audit.note(connection, self._actor, "resume", f"{name}: {waited} messages")
        return waited

    async def _must_know(self, name: str) -> None:
        names = [account.name for account in await self.known()]
        if name not in names:
            raise UnknownAccountError(
                f"there is no account {name!r}; there are: {', '.join(names) or 'none'}"
            )


async def _hold_waiting(connection: Connection | Pool, name: str) -> None:
    place = (0, 0)
    while True:
        last = await connection.fetchrow(SQL["hold_some"], name, *place, BATCH)
        if last is None:
            return
        place = (last["class"], last["seq"])


def _account(row: asyncpg.Record) -> Account:
    pause = None
    if row["paused_at"] is not None:
        pause = Pause(row["paused_at"], row["paused_by"], row["paused_why"])
    return Account(
        name=row["name"],
        holder=row["holder"],
        waiting=row["waiting"],
        oldest_seconds=row["oldest_seconds"],
        accepted_at=row["accepted_at"],
        down_since=row["down_since"],
        down_reason=row["down_reason"],
        pause=pause,
        paid=None if row["month"] is None else Paid(row["month"], row["sent"], row["ceiling"]),
    )
