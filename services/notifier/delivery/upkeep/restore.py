"""After a restored backup: what the streams know of deliveries is entered again, and nothing of it is sent.

Run while no notifier runs, else it would send what this is about to end.
"""

from collections.abc import Sequence
from datetime import datetime

from contracts.messages.delivery import DeliveryEnd, DeliveryReport
from contracts.messages.forget import Forget
from contracts.messages.ids import NoticeId
from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from services.notifier.delivery.store import Store

SQL = sql.load("services.notifier.delivery.upkeep", "restore.sql")


class Restore:
    """Brings a restored queue to where the streams say that it was."""

    def __init__(self, pool: Pool, store: Store) -> None:
        self._pool = pool
        self._store = store

    async def forget(self, wishes: Sequence[Forget]) -> None:
        """Erase again those who were forgotten after the backup."""
        for wish in wishes:
            async with self._store.unit() as unit:
                await self._store.forget(unit, wish.recipient_id, wish.at)
            await self._store.delete(wish.recipient_id)

    async def end(self, reports: Sequence[DeliveryReport]) -> None:
        """End deliveries as they ended after the backup; the first end of each stands."""
        first: dict[object, DeliveryReport] = {}
        for report in reports:
            if isinstance(report.says, DeliveryEnd):
                first.setdefault(report.notice_id, report)
        ends = list(first.values())
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["drop_answers"])
            await connection.execute(
                SQL["restore_ends"],
                [report.notice_id for report in ends],
                [report.status for report in ends],
                [report.reason for report in ends],
                [report.attempts for report in ends],
                [report.at for report in ends],
            )

    async def report_again(self, notices: Sequence[NoticeId]) -> int:
        """Report the ends of notices once more, those that have one; return how many there are."""
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["ended_among"], notices)
            unit.note(rows)
        return len(rows)

    async def silence(self, until: datetime) -> int:
        """End what was made up to an instant and has no end that we know of; return how many there were."""
        async with self._store.unit() as unit:
            rows = await unit.connection.fetch(SQL["silence"], until)
            unit.note(rows)
        return len(rows)
