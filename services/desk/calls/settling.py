"""Takes off the list whom nobody has to call any more, as the tracker knows it at this moment."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import asyncpg

from contracts.messages.desk.calls import (
    CallAsked,
    CallOver,
    CallsOverAnswer,
    CallsOverQuery,
)
from contracts.messages.ids import EventId, Publisher, SubscriptionId
from contracts.messages.rpc import Refused
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import AnyConnection, Pool, transaction
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from services.desk.calls.entries import Call
from services.desk.metrics import Metrics

LOG = logger(__name__)
SQL = sql.load("services.desk.calls", "store.sql")


class Judge(Protocol):
    """The tracker; raises RpcUnavailableError where no answer comes."""

    async def over(self, query: CallsOverQuery) -> CallsOverAnswer | Refused:
        """Return which entries need no call any more."""
        ...


class Settling:
    """Ends entries that are over."""

    def __init__(self, pool: Pool, tracker: Judge, clock: Clock, metrics: Metrics) -> None:
        self._pool = pool
        self._tracker = tracker
        self._clock = clock
        self._metrics = metrics

    async def settle(self, calls: Sequence[CallAsked]) -> None:
        """Ask about some entries and end those that are over; RpcUnavailableError where no answer comes."""
        over = await self._over(calls)
        if over:
            self.count(await self._end(self._pool, over))

    async def stands(self, call: Call) -> bool:
        """Tell whether somebody who is held is still to be called; where no answer comes they are.

        One who is not leaves the list, and their holder's hands.
        """
        asked = call_asked(call.call_id, call.publisher, call.event_id)
        try:
            over = await self._over([asked])
        except RpcUnavailableError as error:
            LOG.warning("a call is made unasked", error=repr(error))
            return True
        if not over:
            return True
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["give_back"], call.call_id, call.held_by)
            ended = await self._end(connection, over)
        self.count(ended)
        return False

    def count(self, ended: Sequence[asyncpg.Record]) -> None:
        """Count entries that ended."""
        for row in ended:
            self._metrics.calls_ended.labels(row["ended_as"]).inc()

    async def _over(self, calls: Sequence[CallAsked]) -> Sequence[CallOver]:
        answer = await self._tracker.over(CallsOverQuery(calls=tuple(calls)))
        if isinstance(answer, Refused):
            raise RpcUnavailableError(f"a question about calls was refused: {answer.reason}")
        return answer.over

    async def _end(self, connection: AnyConnection | Pool, over: Sequence[CallOver]) -> list[asyncpg.Record]:
        columns = (
            [one.call_id for one in over],
            [one.publisher for one in over],
            [one.event_id for one in over],
            [one.why for one in over],
        )
        return await connection.fetch(SQL["settle"], *columns, self._clock.now())


def call_asked(call_id: UUID, publisher: str, event_id: str) -> CallAsked:
    """Return an entry as the tracker is asked about it."""
    who = SubscriptionId(call_id)
    return CallAsked(call_id=who, publisher=Publisher(publisher), event_id=EventId(event_id))
