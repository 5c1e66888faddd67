"""Receipts: what a messenger tells of a notice that it accepted - delivered, seen, or failed after all.

One may come before we have written down which message it is about: it is kept, and applied by a later look.
Whatever is told first stands; `failed` is void where anything says that the message arrived. A message of
several parts, whose reference is the ids of all with spaces between, arrived when each of them did, and
failed when one did. Where a message failed the notice goes on to the next address; only where there is none
the tracker is told.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.messages.delivery import DeliveryReport, Receipt, SaidReceipt
from contracts.messages.ids import NoticeId
from contracts.streams import DELIVERY_SUBJECT
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Pool, storable
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain import deliveries
from services.notifier.domain.incoming import DeliveryReceipt

SQL = sql.load("services.notifier.delivery", "delivery_receipts.sql")
_ARRIVED: Mapping[str, SaidReceipt] = {"delivered": Receipt.DELIVERED, "seen": Receipt.SEEN}


async def keep(
    store: Store, unit: Unit, recipient: UUID, receipt: DeliveryReceipt, *, account: str, at: datetime
) -> None:
    """Keep a receipt of one recipient's, told by an account, and apply it if that can be done now."""
    reference = storable(f"{account} {receipt.reference}")
    await unit.connection.execute(SQL["keep"], recipient, reference, receipt.status, at)
    await apply(store, unit, recipient)


async def apply(store: Store, unit: Unit, recipient: UUID | None = None) -> None:
    """Note and report what was told of notices accepted by now: one recipient's, or everybody's."""
    rows = await unit.connection.fetch(SQL["apply"], recipient)
    arrived = [row for row in rows if row["status"] in _ARRIVED]
    failed = [row for row in rows if row["status"] == Receipt.FAILED]
    unit.outgoing.extend(_report(row) for row in arrived)
    await store.end_followed(unit, [row["notice_id"] for row in arrived])
    await store.follow(unit, [row["id"] for row in failed])
    unit.doubtful.update(row["notice_id"] for row in failed)


async def forget(pool: Pool) -> None:
    """Forget receipts that no notice came to claim."""
    await pool.execute(SQL["forget"])


def _report(row: asyncpg.Record) -> Row:
    notice = NoticeId(row["notice_id"])
    report = DeliveryReport(
        notice_id=notice, status=_ARRIVED[row["status"]], attempts=row["attempts"], at=row["at"]
    )
    return Row(deliveries.report_id(notice, report.status.value), DELIVERY_SUBJECT, report.encoded())
