"""What a recipient may ask about themselves: the way of a document, and everything that is held of them."""

import asyncpg

from contracts.messages.following import (
    Exported,
    ExportQuery,
    History,
    HistoryQuery,
    Holding,
)
from contracts.messages.ids import ApplicationKey, SubscriptionId
from contracts.messages.rpc import Refused
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool, retrying, transaction
from services.tracker.domain.expected_dates import Rules
from services.tracker.domain.state import Event
from services.tracker.domain.state_history import moments, way
from services.tracker.following.claims import INVALID
from services.tracker.following.views import followed
from services.tracker.store.history import histories

SQL = sql.load("services.tracker.following", "recipient_queries.sql")
MOST_HOLDINGS = 500
"""An answer fits into one message; nobody but a machine follows and leaves so often."""


class RecipientQueries:
    """The calls of recipients that only read."""

    def __init__(self, pool: Pool, clock: Clock, rules: Rules) -> None:
        self._pool = pool
        self._rules = rules
        self._clock = clock

    async def history(self, query: HistoryQuery) -> History | Refused:
        """Say the way of one document and since when it is followed; refused to who does not follow it."""
        return await retrying(lambda: self._history(query), self._clock)

    async def _history(self, query: HistoryQuery) -> History | Refused:
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(SQL["followed_by_id"], query.subscription_id, query.recipient_id)
            if row is None:
                return INVALID
            key = ApplicationKey(row["application_key"])
            events = await histories(connection, [key])
            since = await connection.fetch(SQL["since_when"], key)
        return History(
            followed=followed(row, events[key], self._rules, self._clock.now()),
            moments=moments(way(events[key])),
            followers=tuple(row["created_at"] for row in since),
        )

    async def export(self, query: ExportQuery) -> Exported:
        """Say everything that is held about a recipient, past subscriptions too."""
        return await retrying(lambda: self._export(query), self._clock)

    async def _export(self, query: ExportQuery) -> Exported:
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["holdings"], query.recipient_id, MOST_HOLDINGS)
            keys = {ApplicationKey(row["application_key"]) for row in rows}
            events = await histories(connection, keys)
        return Exported(holdings=tuple(_holding(row, events[row["application_key"]]) for row in rows))


def _holding(row: asyncpg.Record, events: list[Event]) -> Holding:
    """Whoever left does not learn what happened afterwards."""
    until = row["ended_at"]
    known = events if until is None else [event for event in events if event.occurred_at <= until]
    return Holding(
        subscription_id=SubscriptionId(row["subscription_id"]),
        document_type=row["document_type"],
        masked=row["masked"],
        consent_version=row["consent_version"],
        consented_at=row["consented_at"],
        since=row["since"],
        ended_at=until,
        ended_by=row["ended_by"],
        moments=moments(way(known)),
        notices=row["notices"],
    )
