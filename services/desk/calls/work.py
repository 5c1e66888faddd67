"""What callers do: look, take, give back, enter how a call went; each with its row of the audit.

An entry is held by a lease of ten minutes: the database decides between two who take it at once, and what
nobody shows a sign of life for can be taken by others. How a call went is entered under the id of the lease,
so a form that is posted again counts once, and whoever lost the lease to another is told so. The outcome and
its message to the tracker commit together.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID, uuid4

from contracts.messages.desk.calls import CallMade
from contracts.messages.ids import EventId, Publisher, SubscriptionId
from contracts.streams import CALL_SUBJECT
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Connection, Pool, transaction
from services.desk.calls.entries import Call, NotRecorded, NotTaken, Recorded, Shown, Try
from services.desk.domain.calling import Next, Outcome, Rules, after
from services.desk.domain.viewers import Viewer
from services.desk.metrics import Metrics
from services.desk.staff.audit import audit

SQL = sql.load("services.desk.calls", "store.sql")
LEASE = timedelta(minutes=10)
LOOKED_AT = 10
"""So many entries that turn out to be over are passed by before somebody is told to try again."""


class Freshness(Protocol):
    """Asks the tracker about one entry just before it is called."""

    async def stands(self, call: Call) -> bool:
        """Tell whether somebody is still to be called; where the tracker does not answer they are."""
        ...


class Calls:
    """The use cases of callers; `rules` is None where the agency calls nobody from here."""

    def __init__(
        self,
        pool: Pool,
        outbox: Outbox,
        clock: Clock,
        *,
        freshness: Freshness,
        metrics: Metrics,
        rules: Rules | None,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock
        self._freshness = freshness
        self._metrics = metrics
        self.rules = rules

    async def waiting(self, viewer: Viewer, limit: int) -> Sequence[Call]:
        """Return entries that are due and fit somebody, in the order in which they are taken."""
        rows = await self._pool.fetch(SQL["due"], self._clock.now(), *_skills(viewer), limit)
        return [Call.of(row) for row in rows]

    async def mine(self, viewer: Viewer) -> Call | None:
        """Return what somebody holds."""
        row = await self._pool.fetchrow(SQL["held"], viewer.staff_id, self._clock.now())
        return None if row is None else Call.of(row)

    async def read(self, viewer: Viewer, call_id: UUID) -> Shown | None:
        """Return an entry with its calls; None for one that is none of theirs."""
        row = await self._pool.fetchrow(SQL["find"], call_id)
        if row is None or not (call := Call.of(row)).fits(viewer):
            return None
        tries = await self._pool.fetch(SQL["tries_of"], call_id)
        await audit(self._pool, viewer, "call read", call_id)
        return Shown(call, [Try(one["result"], one["wants"], one["again_at"], one["at"]) for one in tries])

    async def take(self, viewer: Viewer, call_id: UUID | None) -> Call | NotTaken:
        """Hold the entry that is named, or the first that fits; who holds one already gets that one."""
        if self.rules is None:
            return "off"
        for _ in range(LOOKED_AT):
            if not self.rules.window.is_open(self._clock.now()):
                return "closed"
            found = await self._take(viewer, call_id)
            if found is None:
                return "nothing" if call_id is None else "gone"
            if await self._freshness.stands(found):
                return found
            if call_id is not None:
                return "gone"
        return "nothing"

    async def _take(self, viewer: Viewer, call_id: UUID | None) -> Call | None:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["one_at_a_time"], viewer.staff_id)
            row = await connection.fetchrow(SQL["held"], viewer.staff_id, now)
            if row is not None:
                return Call.of(row)
            lease = (viewer.staff_id, now, now + LEASE, uuid4())
            row = await connection.fetchrow(SQL["take"], *lease, *_skills(viewer), call_id)
            if row is None:
                return None
            await audit(connection, viewer, "call taken", row["call_id"])
        return Call.of(row)

    async def sign(self, viewer: Viewer, call_id: UUID) -> bool:
        """Keep an entry for ten minutes more; False: it is not theirs any more."""
        now = self._clock.now()
        return await self._pool.fetchval(SQL["sign"], call_id, viewer.staff_id, now, now + LEASE) is not None

    async def give_back(self, viewer: Viewer, call_id: UUID) -> bool:
        """Let others have an entry; False: it was not theirs."""
        async with transaction(self._pool) as connection:
            given = await connection.fetchval(SQL["give_back"], call_id, viewer.staff_id)
            if given is not None:
                await audit(connection, viewer, "call given back", call_id)
        return given is not None

    async def record(
        self, viewer: Viewer, call_id: UUID, lease_id: UUID, outcome: Outcome
    ) -> Recorded | NotRecorded:
        """Enter how a call went, once; the time to call again is one without a fault."""
        if self.rules is None:
            return "off"
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(SQL["lock"], call_id)
            if await connection.fetchval(SQL["tried"], lease_id, call_id):
                return Recorded(None, None, again=True)
            if row is None or row["lease_id"] != lease_id or row["held_by"] != viewer.staff_id:
                return "lost"
            recorded, message = await self._enter(connection, viewer, Call.of(row), outcome, self.rules)
        self._outbox.committed([message])
        self._metrics.calls_made.labels(outcome.result).inc()
        if recorded.ended is not None:
            self._metrics.calls_ended.labels(recorded.ended).inc()
        return recorded

    async def _enter(
        self, connection: Connection, viewer: Viewer, call: Call, outcome: Outcome, rules: Rules
    ) -> tuple[Recorded, Row]:
        now, unanswered = self._clock.now(), call.unanswered + (outcome.result == "no_answer")
        follows = after(outcome, unanswered, now=now, missed_at=call.missed_at, rules=rules)
        number, lease = call.held_number or call.number, call.lease_id or uuid4()
        said = (outcome.result, outcome.wants, outcome.again_at)
        await connection.execute(SQL["add_try"], lease, call.call_id, number, viewer.staff_id, *said, now)
        left = _left(call, follows, number)
        newer = follows.over and not left.over
        await connection.execute(
            SQL["move_on"],
            call.call_id,
            0 if newer else call.tries + 1,
            0 if newer else unanswered,
            left.due_at or now,
            outcome.result == "later" and not left.over,
            now if left.over else None,
            left.ended,
        )
        message = CallMade(
            made_id=lease,
            call_id=SubscriptionId(call.call_id),
            publisher=Publisher(call.held_publisher or call.publisher),
            event_id=EventId(call.held_event_id or call.event_id),
            result=outcome.result,
            wants=outcome.wants,
            again_at=follows.due_at,
            tries=call.tries + 1,
            over=follows.over,
            at=now,
        )
        row = Row(lease, CALL_SUBJECT, message.encoded())
        await self._outbox.insert(connection, [row])
        await audit(connection, viewer, "call entered", call.call_id)
        return Recorded(left.ended, left.due_at), row


def _left(call: Call, follows: Next, number: int) -> Next:
    """Return what becomes of the entry.

    What ended by itself meanwhile stays so; news that came while somebody spoke of older ones is called about
    as well, unless the person wants no calls.
    """
    if call.ended_as is not None and not follows.over:
        return Next(ended=call.ended_as)
    if follows.over and follows.ended != "no_calls" and call.number > number:
        return Next()
    return follows


def _skills(viewer: Viewer) -> tuple[list[str], list[str]]:
    return sorted(viewer.languages), sorted(viewer.offices)
