"""Ingest's own tables: receipts by publisher and receipt id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.messages.ids import ApplicationKey, Publisher
from runtime.database import sql
from runtime.database.postgres import Pool, transaction, wait_for_standby

SQL = sql.load("services.ingest.receipts", "store.sql")
_COLUMNS = ("receipt_id", "application_key", "masked", "document_type", "salt")


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as it is stored.

    `receipt_id` is the publisher's own; `masked` the tail of the number, empty where it is not known. The
    secrets follow from `salt` (16 bytes) and `generation` (from 1). A revoked receipt is not shown.
    """

    receipt_id: str
    application_key: ApplicationKey
    masked: str
    document_type: str
    salt: bytes
    generation: int
    revoked_at: datetime | None = None


class ReceiptStore:
    """Reads and writes of receipts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def receipts(
        self, publisher: Publisher, wanted: Sequence[ReceiptRow], now: datetime
    ) -> dict[str, ReceiptRow]:
        """Store those that are new and return what stands under each id, whoever stored it first."""
        async with transaction(self._pool) as connection:
            added = await connection.fetch(
                SQL["add_receipts"],
                publisher,
                *sql.columns_of(wanted, _COLUMNS),
                now,
            )
            if len(added) < len(wanted):
                await wait_for_standby(connection)
            rows = await connection.fetch(
                SQL["find_receipts"], publisher, [receipt.receipt_id for receipt in wanted]
            )
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
