"""The feed's tables: outcomes in stream order, and how far the stream is copied.

Only the lease's holder moves the checkpoint, and only from where it read it: whoever reads a place of the
feed finds everything before it committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.messages.ids import Publisher
from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from services.ingest.domain.cursors import Place

SQL = sql.load("services.ingest.feed", "store.sql")
Kind = Literal["effect", "reach", "call"]
_COLUMNS = ("sequence", "message_id", "publisher", "event_id", "kind", "body")


class OvertakenError(Exception):
    """Another process moved the checkpoint, or the lease is gone; nothing was written."""


@dataclass(frozen=True, slots=True)
class NewOutcome:
    """One message of the stream that is to be stored; `body` is JSON."""

    sequence: int
    message_id: str | None
    publisher: Publisher
    event_id: str
    kind: Kind
    body: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the stream is copied, and which life of the stream that was."""

    place: Place
    stream_created: datetime | None


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """One outcome as it is read; `body` is JSON."""

    place: Place
    kind: Kind
    body: str


class FeedStore:
    """Reads and writes of the feed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def checkpoint(self) -> Checkpoint:
        """Return how far the stream is copied."""
        row = await self._pool.fetchrow(SQL["read_feed"])
        if row is None:
            raise RuntimeError("the table feed lost its row")
        return Checkpoint(Place(row["epoch"], row["sequence"]), row["stream_created"])

    async def goes_on(self, before: datetime, created: datetime, last: int) -> None:
        """Note that the stream made at `before` is now one made at `created`, the same up to a number.

        Nothing changes where more was copied than that: then it is read again from its beginning.
        """
        await self._pool.execute(SQL["goes_on"], before, created, last)

    async def copy(
        self, before: Place, after: Checkpoint, outcomes: Sequence[NewOutcome], *, role: str, token: int
    ) -> None:
        """Store outcomes and move the checkpoint, together; OvertakenError where it is not at `before`."""
        async with transaction(self._pool) as connection:
            moved = await connection.fetchval(
                SQL["advance_feed"],
                before.epoch,
                before.sequence,
                after.place.epoch,
                after.stream_created,
                after.place.sequence,
                role,
                token,
            )
            if moved is None:
                raise OvertakenError
            await connection.execute(
                SQL["add_outcomes"],
                after.place.epoch,
                *sql.columns_of(outcomes, _COLUMNS),
            )

    async def after(self, publisher: Publisher, place: Place, limit: int) -> list[StoredOutcome]:
        """Return a publisher's outcomes after a place, in order."""
        rows = await self._pool.fetch(SQL["outcomes_after"], publisher, place.epoch, place.sequence, limit)
        return [StoredOutcome(Place(row["epoch"], row["sequence"]), row["kind"], row["body"]) for row in rows]

    async def purged(self, publisher: Publisher) -> Place | None:
        """Return the place of a publisher's last outcome that is gone, if one is."""
        row = await self._pool.fetchrow(SQL["purged_place"], publisher)
        return None if row is None else Place(row["epoch"], row["sequence"])
