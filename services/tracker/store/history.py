"""The history of applications, which is the inbox too: one row for each event taken in, never removed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from contracts.messages.ids import ApplicationKey
from runtime.database import sql
from runtime.database.postgres import Connection
from services.tracker.domain.batch import Identity, InboxEntry, Taken
from services.tracker.domain.state import Event
from services.tracker.store.details import details_of, paths_of

SQL = sql.load("services.tracker.store", "history.sql")


class RacedError(Exception):
    """Another tracker took an identity in between our look and our write; decide the batch again."""


@dataclass(frozen=True, slots=True)
class _EventRow:
    """One event to be written, and how many people are told of it."""

    taken: Taken
    notices: int

    @property
    def missing(self) -> str:
        """The codes of missing papers in one text, for a column cannot be a list of lists."""
        return ",".join(self.taken.event.details.missing)


COLUMNS: Final = {
    "publisher": "taken.event.publisher",
    "event_id": "taken.event.event_id",
    "digest": "taken.arrival.body.digest",
    "key": "taken.arrival.body.application_key",
    **paths_of("taken.event.details"),
    "missing": "missing",
    "rank": "taken.event.rank",
    "detour": "taken.event.detour",
    "occurred_at": "taken.event.occurred_at",
    "sequence": "taken.event.sequence",
    "correction": "taken.event.correction",
    "restart": "taken.event.restart",
    "notify": "taken.event.notify",
    "effect": "taken.decision.effect",
    "notices": "notices",
    "stream_sequence": "taken.arrival.source.sequence",
    "accepted_at": "taken.arrival.body.accepted_at",
}
"""The columns that `insert_events` takes, in its order, and where each stands in a row."""


async def inbox(connection: Connection, identities: Collection[Identity]) -> dict[Identity, InboxEntry]:
    """Return what was taken in under these identities."""
    rows = await connection.fetch(SQL["inbox"], *sql.columns(identities, 2))
    return {
        Identity(row["publisher"], row["event_id"]): InboxEntry(row["digest"], row["stream_sequence"])
        for row in rows
    }


async def histories(
    connection: Connection, keys: Collection[ApplicationKey]
) -> dict[ApplicationKey, list[Event]]:
    """Return every event of these applications that was not withdrawn, in no order."""
    events: dict[ApplicationKey, list[Event]] = {key: [] for key in keys}
    for row in await connection.fetch(SQL["histories"], list(keys)) if keys else ():
        events[row["application_key"]].append(event(row))
    return events


def event(row: asyncpg.Record) -> Event:
    """Return what a row of `event` says happened."""
    return Event(
        publisher=row["publisher"],
        event_id=row["event_id"],
        details=details_of(row),
        rank=row["rank"],
        detour=row["detour"],
        occurred_at=row["occurred_at"],
        sequence=row["sequence"],
        correction=row["correction"],
        restart=row["restart"],
        notify=row["notify"],
    )


async def insert_events(
    connection: Connection, taken: Sequence[Taken], notices: Sequence[int], now: datetime
) -> None:
    """Write what was taken in, with how many are told of each; raise RacedError where one stood already."""
    if not taken:
        return
    rows = [_EventRow(event, count) for event, count in zip(taken, notices, strict=True)]
    columns = sql.columns_of(rows, tuple(COLUMNS.values()))
    written = await connection.fetch(SQL["insert_events"], *columns, now)
    if len(written) != len(taken):
        raise RacedError
