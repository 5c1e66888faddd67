"""What a recipient is shown of a document, made from its row and its way."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from contracts.messages.ids import ApplicationKey, SubscriptionId
from contracts.messages.rpc import Followed
from runtime.database.postgres import Connection
from services.tracker.domain.expected_dates import Rules, outlook_of
from services.tracker.domain.state import Event
from services.tracker.domain.state_history import way
from services.tracker.store.details import fields_of
from services.tracker.store.history import histories


async def view(
    connection: Connection, rows: Sequence[asyncpg.Record], rules: Rules, now: datetime
) -> tuple[Followed, ...]:
    """Return documents that a recipient follows, from their subscriptions' rows with the applications'."""
    begun = {ApplicationKey(row["application_key"]) for row in rows if row["stage"] is not None}
    events = await histories(connection, begun)
    return tuple(followed(row, events.get(row["application_key"], ()), rules, now) for row in rows)


def followed(row: asyncpg.Record, events: Sequence[Event], rules: Rules, now: datetime) -> Followed:
    """Return one document that a recipient follows."""
    return Followed(
        subscription_id=SubscriptionId(row["subscription_id"]),
        masked=row["masked"],
        revision=row["revision"],
        occurred_at=row["occurred_at"],
        since=row["since"],
        **{**fields_of(row), **outlook_of(way(events), rules, now).fields()},
    )
