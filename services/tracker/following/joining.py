"""Joining: two recipients are one person, and all that the one follows is followed by the other.

It happens under the locks of both people and of all applications concerned, as events, redeems and stops do,
so each later event tells the one person once. Nobody is told of a join: no document changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.following import FollowedTwice, Join, Joined
from contracts.messages.ids import ApplicationKey, RecipientId, SubscriptionId
from contracts.messages.notice import NoticeKind
from contracts.messages.rpc import Refused
from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Connection, Pool, retrying, transaction, wait_for_standby
from services.tracker.domain.batch import Identity
from services.tracker.domain.joining import Said, Settled, Way, settle
from services.tracker.following.claims import INVALID
from services.tracker.following.people import JoinedError, lock_person
from services.tracker.store.applications import lock
from services.tracker.store.notices import withdrawals

SQL = sql.load("services.tracker.following", "joining.sql")


@dataclass(frozen=True, slots=True)
class _People:
    """Who the two of a request are by now."""

    joining: RecipientId
    into: RecipientId

    def after(self, error: JoinedError) -> "_People":
        """Return the same two where one of them is found to be somebody else."""
        now = {error.recipient: error.into}
        return _People(now.get(self.joining, self.joining), now.get(self.into, self.into))


class Joining:
    """The use case of somebody who is here twice."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock

    async def join(self, request: Join) -> Joined | Refused:
        """Let two recipients be one person; who are one already stay so, and hear how they became it.

        Refused where one of the two is forgotten. The limits of what one person may follow do not hold here.
        """
        people = _People(request.joining, request.into)
        while True:
            try:
                reply, rows = await retrying(partial(self._join, request, people), self._clock)
            except JoinedError as error:
                people = people.after(error)
            else:
                self._outbox.committed(rows)
                return reply

    async def _join(self, request: Join, people: _People) -> tuple[Joined | Refused, Sequence[Row]]:
        async with transaction(self._pool) as connection:
            forgotten = False
            for one in sorted({people.joining, people.into}):
                forgotten |= await lock_person(connection, one)
            if forgotten:
                return INVALID, ()
            if people.joining == people.into:
                return await _joined_before(connection, request, people.into), ()
            now = self._clock.now()
            await _lock_concerned(connection, people.joining)
            rows = await connection.fetch(SQL["of_both"], people.joining, people.into)
            said = await _said(connection, rows)
            settled = [_settle(row, said) for row in rows if row["other"] is not None]
            await _hand_over(connection, settled, now)
            names = (people.joining, people.into)
            await connection.execute(SQL["move_subscriptions"], *names)
            notices = [one.notice_id for some in said.values() for one in some]
            await connection.execute(SQL["move_notices"], notices, *names)
            await connection.execute(SQL["move_redemptions"], *names)
            await connection.execute(SQL["drop_redemptions"], people.joining)
            needless = sorted(notice for one in settled for notice in one.needless)
            messages = withdrawals(needless, "stopped", now)
            await self._outbox.insert(connection, messages)
            moved = sum(row["active"] for row in rows) - len(settled)
            reply = _joined(people.into, moved, *_columns(settled))
            await _note(connection, request, people, reply, now)
        return reply, messages


async def _joined_before(connection: Connection, request: Join, person: RecipientId) -> Joined:
    asked = (request.joining, request.into)
    await wait_for_standby(connection)
    row = await connection.fetchrow(SQL["join_before"], person, *asked)
    return Joined(into=person, moved=0) if row is None else _joined(person, *row)


async def _lock_concerned(connection: Connection, joining: RecipientId) -> None:
    """Lock every application that names somebody, ended or not: retention deletes under the same locks."""
    rows = await connection.fetch(SQL["concerned"], joining)
    await lock(connection, [ApplicationKey(row["application_key"]) for row in rows])


async def _said(connection: Connection, rows: Iterable[asyncpg.Record]) -> dict[UUID, list[Said]]:
    """Lock what was said by subscriptions, and by those to the same documents, and return it."""
    concerned = [one for row in rows for one in (row["subscription_id"], row["other"]) if one is not None]
    said: dict[UUID, list[Said]] = defaultdict(list)
    for row in await connection.fetch(SQL["lock_said"], concerned):
        said[row["subscription_id"]].append(
            Said(
                notice_id=row["notice_id"],
                kind=NoticeKind(row["kind"]),
                revision=row["revision"],
                cause=None if row["event_id"] is None else Identity(row["publisher"], row["event_id"]),
                at=row["created_at"],
                end=None if row["ended_as"] is None else DeliveryEnd(row["ended_as"]),
            )
        )
    return said


def _settle(row: asyncpg.Record, said: dict[UUID, list[Said]]) -> Settled:
    into, joining = SubscriptionId(row["other"]), SubscriptionId(row["subscription_id"])
    return settle(Way(into, said.get(into, ())), Way(joining, said.get(joining, ())))


async def _hand_over(connection: Connection, settled: Sequence[Settled], now: datetime) -> None:
    """End one of two subscriptions each; what is corrected later is what was heard by either."""
    ended, stays = _columns(settled)
    await connection.execute(SQL["end_doubled"], ended, now)
    await connection.execute(SQL["hear"], ended, stays)
    await connection.execute(SQL["hand_over"], ended, stays)


async def _note(connection: Connection, request: Join, people: _People, reply: Joined, now: datetime) -> None:
    """Remember for ever who the one is; the audit names nobody."""
    await connection.execute(SQL["follow_on"], people.joining, people.into)
    names = (people.joining, people.into, request.joining, request.into)
    twice = reply.already_followed
    pairs = ([one.ended for one in twice], [one.stays for one in twice])
    await connection.execute(SQL["note_joined"], *names, reply.moved, *pairs, now)
    said = f"{reply.moved} subscriptions moved, {len(twice)} documents followed by both"
    await audit.note(connection, "a citizen", "join", said)


def _columns(settled: Sequence[Settled]) -> tuple[list[SubscriptionId], list[SubscriptionId]]:
    return [one.ended for one in settled], [one.stays for one in settled]


def _joined(
    into: RecipientId, moved: int, ended: Sequence[SubscriptionId], stays: Sequence[SubscriptionId]
) -> Joined:
    twice = tuple(FollowedTwice(ended=one, stays=other) for one, other in zip(ended, stays, strict=True))
    return Joined(into=into, moved=moved, already_followed=twice)
