"""Ingest's own tables: receipts by publisher and receipt id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.ids import ApplicationKey, Publisher
from runtime import sql
from runtime.postgres import Pool, transaction

SQL = sql.load("services.ingest")


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as it is stored."""

    receipt_id: str
    application_key: ApplicationKey
    document_type: str
    salt: bytes
    generation: int


class Store:
    """Reads and writes of the request path."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def receipts(
        self, publisher: Publisher, wanted: Sequence[ReceiptRow], now: datetime
    ) -> dict[str, ReceiptRow]:
        """Store those that are new and return what stands under each id, whoever stored it first."""
        ids = [one.receipt_id for one in wanted]
        async with transaction(self._pool) as connection:
            await connection.execute(
                SQL["add_receipts"],
                publisher,
                ids,
                [one.application_key for one in wanted],
                [one.document_type for one in wanted],
                [one.salt for one in wanted],
                now,
            )
            rows = await connection.fetch(SQL["find_receipts"], publisher, ids)
        return {row["receipt_id"]: ReceiptRow(**row) for row in rows}

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        await self._pool.fetchval(SQL["ping"])
