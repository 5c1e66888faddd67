"""Who may book a time: which people follow a document that waits for its owner, and its name elsewhere."""

from collections.abc import Sequence

import asyncpg

from contracts.catalogue import Catalogue
from contracts.messages.desk.ready import (
    Ready,
    ReadyAnswer,
    ReadyQuery,
    ReceiptsAnswer,
    ReceiptsQuery,
)
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Connection, Pool, retrying, transaction

SQL = sql.load("services.tracker.following", "readiness.sql")


class Readiness:
    """The calls about documents that are to be handed over; no number is in their answers."""

    def __init__(self, pool: Pool, clock: Clock, catalogue: Catalogue) -> None:
        self._pool = pool
        self._clock = clock
        self._catalogue = catalogue

    async def ready(self, query: ReadyQuery) -> ReadyAnswer:
        """Say for each that was asked about whether their document is ready, where, and who they are now."""
        return await retrying(lambda: self._ready(query), self._clock)

    async def _ready(self, query: ReadyQuery) -> ReadyAnswer:
        people = [one.recipient_id for one in query.asked]
        subscriptions = [one.subscription_id for one in query.asked]
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["asked"], people, subscriptions)
            waiting = [row for row in rows if self._waits(row)]
            keys = sorted({row["application_key"] for row in waiting})
            if keys:
                await connection.execute(SQL["name"], keys)
            names = {row["application_key"]: row["reference"] for row in await self._names(connection, keys)}
        found = {row["place"]: _told(row, names[row["application_key"]]) for row in waiting}
        return ReadyAnswer(ready=tuple(found.get(place) for place in range(1, len(query.asked) + 1)))

    async def _names(self, connection: Connection, keys: Sequence[str]) -> Sequence[asyncpg.Record]:
        return await connection.fetch(SQL["names"], keys) if keys else ()

    def _waits(self, row: asyncpg.Record) -> bool:
        stage, office = row["stage"], row["office"]
        return stage is not None and office is not None and self._catalogue.ready(row["document_type"], stage)

    async def receipts(self, query: ReceiptsQuery) -> ReceiptsAnswer:
        """Say under which receipt a publisher knows each application; those of others are nobody's."""
        return await retrying(lambda: self._receipts(query), self._clock)

    async def _receipts(self, query: ReceiptsQuery) -> ReceiptsAnswer:
        rows = await self._pool.fetch(SQL["receipts"], query.publisher, query.applications)
        found = {row["reference"]: row["receipt_id"] for row in rows}
        return ReceiptsAnswer(receipts=tuple(found.get(one) for one in query.applications))


def _told(row: asyncpg.Record, reference: object) -> Ready:
    return Ready.model_validate(
        {
            "application": reference,
            "recipient_id": row["recipient_id"],
            "subscription_id": row["subscription_id"],
            "publisher": row["head_publisher"],
            "document_type": row["document_type"],
            "stage": row["stage"],
            "office": row["office"],
        }
    )
