"""The ledger of notices on a real database."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.messages.delivery import DeliveryEnd, DeliveryReport, Receipt
from contracts.messages.ids import NoticeId
from runtime.clock import SystemClock
from services.tracker.domain.batch import Source
from services.tracker.ledger.ends import Entered, Ledger
from services.tracker.ledger.gauges import look, reconcile
from services.tracker.ledger.reports import report
from services.tracker.metrics import Metrics
from tests.integration.tracker.conftest import NOON, Tracker, stage_event

ACCEPTED, EXPIRED, UNDELIVERABLE = DeliveryEnd.ACCEPTED, DeliveryEnd.EXPIRED, DeliveryEnd.UNDELIVERABLE
DELIVERED, SEEN = Receipt.DELIVERED, Receipt.SEEN


class Desk:
    """A ledger with one notice in it, and reports that arrive minute by minute."""

    def __init__(self, tracker: Tracker, notice: UUID) -> None:
        self.tracker = tracker
        self.notice = notice
        self.ledger = Ledger(tracker.pool, tracker.outbox, SystemClock())
        self._sequence = 0

    async def enter(self, *statuses: DeliveryEnd | Receipt, notice: UUID | None = None) -> Entered:
        """Enter one batch of reports, by default about the notice there is."""
        reports = []
        for status in statuses:
            self._sequence += 1
            body = DeliveryReport(
                notice_id=NoticeId(notice or self.notice),
                status=status,
                reason="why" if isinstance(status, DeliveryEnd) else None,
                attempts=1,
                at=NOON + timedelta(minutes=self._sequence),
            )
            reports.append(report(Source("DELIVERIES", self._sequence, body.encoded())))
        return await self.ledger.enter(reports)

    async def row(self) -> asyncpg.Record:
        """Return the notice's row."""
        found = await self.tracker.pool.fetchrow("SELECT * FROM notice WHERE notice_id = $1", self.notice)
        assert found is not None
        return found


@pytest.fixture
async def desk(tracker: Tracker) -> Desk:
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("e1"))
    return Desk(tracker, await tracker.pool.fetchval("SELECT notice_id FROM notice"))


@pytest.mark.parametrize("together", [True, False])
async def test_the_first_end_stands(desk: Desk, *, together: bool) -> None:
    """A later end changes nothing, in the same batch or another."""
    if together:
        entered = await desk.enter(ACCEPTED, UNDELIVERABLE)
    else:
        entered = await desk.enter(ACCEPTED)
        await desk.enter(UNDELIVERABLE)
    row = await desk.row()

    assert entered.ends == [ACCEPTED]
    assert (row["ended_as"], row["ended_at"], row["attempts"]) == ("accepted", NOON + timedelta(minutes=1), 1)


async def test_a_receipt_before_the_end_is_kept_upon_accepted(desk: Desk) -> None:
    """What the messenger told before our own commit is not lost."""
    await desk.enter(DELIVERED)
    await desk.enter(ACCEPTED)
    await desk.enter(SEEN, DELIVERED)
    row = await desk.row()

    assert (row["delivered_at"], row["seen_at"]) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))


@pytest.mark.parametrize("order", [(DELIVERED, EXPIRED), (EXPIRED, DELIVERED)])
async def test_a_receipt_upon_another_end_is_not_kept(
    desk: Desk, order: tuple[DeliveryEnd | Receipt, ...]
) -> None:
    """Only what was accepted can have been delivered."""
    for one in order:
        await desk.enter(one)
    row = await desk.row()

    assert (row["ended_as"], row["delivered_at"]) == ("expired", None)


async def test_an_unknown_notice_is_counted_and_left(desk: Desk) -> None:
    """A report about no notice of ours changes nothing."""
    assert await desk.enter(ACCEPTED, notice=uuid4()) == Entered([], 1, 0, 0)
    assert (await desk.row())["ended_as"] is None


async def test_an_unreadable_report_is_buried_once(desk: Desk) -> None:
    """A report that cannot be read becomes one dead letter, however often it comes."""
    bad = report(Source("DELIVERIES", 9, b"{"))

    assert [(await desk.ledger.enter([bad])).buried for _ in range(2)] == [1, 0]
    assert await desk.tracker.pool.fetchval("SELECT count(*) FROM outbox WHERE subject LIKE '%dead%'") == 1


async def test_notices_are_their_ends_and_what_is_pending(desk: Desk) -> None:
    """The reconciliation holds before and after an end, and a notice that vanished shows."""
    metrics = Metrics()
    seen = []
    for change in (None, "end", "lose"):
        if change == "end":
            await desk.enter(ACCEPTED)
        if change == "lose":
            await desk.tracker.pool.execute("DELETE FROM notice")
        await look(desk.tracker.pool, metrics)
        await reconcile(desk.tracker.pool, metrics)
        value = metrics.registry.get_sample_value
        seen.append(
            (value("docwatch_tracker_notices_pending"), value("docwatch_tracker_notices_unreconciled"))
        )

    assert seen == [(1.0, 0.0), (0.0, 0.0), (0.0, 1.0)]
