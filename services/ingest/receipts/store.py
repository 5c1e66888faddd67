"""Ingest's own tables: receipts by publisher and receipt id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.messages.ids import ApplicationKey, Publisher
from runtime.database import sql
from runtime.database.postgres import Pool, transaction

SQL = sql.load("services.ingest.receipts", "store.sql")


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as it is stored."""

    receipt_id: str
    application_key: ApplicationKey
    masked: str
    document_type: str
    salt: bytes
    generation: int
    revoked_at: datetime | None = None


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
                [one.masked for one in wanted],
                [one.document_type for one in wanted],
                [one.salt for one in wanted],
                now,
            )
            rows = await connection.fetch(SQL["find_receipts"], publisher, ids)
        return {row["receipt_id"]: ReceiptRow(**row) for row in rows}

    async def receipt(self, publisher: Publisher, receipt_id: str) -> ReceiptRow | None:
        """Return one receipt."""
        row = await self._pool.fetchrow(SQL["find_receipts"], publisher, [receipt_id])
        return None if row is None else ReceiptRow(**row)

    async def revoke(self, publisher: Publisher, receipt_id: str, now: datetime) -> None:
        """Note that a receipt is revoked."""
        await self._pool.execute(SQL["revoke_receipt"], publisher, receipt_id, now)

    async def reissue(self, publisher: Publisher, receipt_id: str) -> ReceiptRow | None:
        """Raise a receipt's generation and return it, valid again; None where there is none."""
        row = await self._pool.fetchrow(SQL["reissue_receipt"], publisher, receipt_id)
        return None if row is None else ReceiptRow(**row)

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        await self._pool.fetchval(SQL["ping"])
