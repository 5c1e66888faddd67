"""Notices that their messenger accepted and then gave up on: the call list, and what publishers hear."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.messages.delivery import DELIVERY_REPORT, DeliveryEnd, DeliveryReport, Receipt, failure
from contracts.messages.ids import EventId, NoticeId, Publisher
from contracts.messages.reach import REACH
from contracts.messages.rpc import EndCount, EventAnswer, EventQuery, UnreachedQuery
from runtime.clock import SystemClock
from services.tracker.domain.batch import Source
from services.tracker.ledger.ends import Entered, Ledger
from services.tracker.ledger.reports import report
from tests.integration.tracker.conftest import NOON, Tracker, stage_event

ACCEPTED, EXPIRED, UNKNOWN = DeliveryEnd.ACCEPTED, DeliveryEnd.EXPIRED, DeliveryEnd.UNKNOWN
DELIVERED, SEEN, FAILED = Receipt.DELIVERED, Receipt.SEEN, Receipt.FAILED
OFFICE = Publisher("office")
EVENTS = count()
"""Every example has an application of its own, so that all may share a database."""


class Reached(NamedTuple):
    """What a publisher hears of one event: people accepted, of them failed, pending."""

    accepted: int
    failed: int
    pending: int


class Ledgered:
    """An event of some followers, reports about its notices, and what its publisher hears."""

    def __init__(self, tracker: Tracker, event_id: str, notices: Sequence[UUID]) -> None:
        self.tracker = tracker
        self.event_id = EventId(event_id)
        self.notices = notices
        self.ledger = Ledger(tracker.pool, tracker.outbox, SystemClock())
        self._sequence = 0

    @classmethod
    async def of(cls, tracker: Tracker, people: int = 1) -> "Ledgered":
        """Let some people follow a new application, and let something happen to it."""
        number = next(EVENTS)
        token = await tracker.issue(number, receipt=f"r-{number}")
        for _ in range(people):
            await tracker.redeem(token)
        await tracker.take(stage_event(f"e-{number}", application=number, office="kyiv-1"))
        rows = await tracker.pool.fetch(
            "SELECT notice_id FROM notice WHERE event_id = $1 ORDER BY notice_id", f"e-{number}"
        )
        return cls(tracker, f"e-{number}", [row["notice_id"] for row in rows])

    async def enter(self, *statuses: DeliveryEnd | Receipt, person: int = 0) -> Entered:
        """Enter one batch of reports about one person's notice."""
        reports = []
        for status in statuses:
            self._sequence += 1
            source = Source("DELIVERIES", self._sequence, said(self.notices[person], status).encoded())
            reports.append(report(source))
        return await self.ledger.enter(reports)

    async def on_the_list(self) -> list[tuple[str, str | None, datetime]]:
        """Return the end, reason and time of each of the event's people on the call list."""
        page = await self.tracker.questions.unreached(UnreachedQuery(publisher=OFFICE, limit=1000))
        return [(row.end.value, row.reason, row.at) for row in page.rows if row.event_id == self.event_id]

    async def reached(self) -> list[Reached]:
        """Return what was said about how far the event reached, in order."""
        rows = await self.tracker.pool.fetch(
            "SELECT payload FROM outbox WHERE subject = 'docwatch.reach.v1' ORDER BY created_at"
        )
        found = [REACH.validate_json(row["payload"]) for row in rows]
        return [
            Reached(one.ends.get(ACCEPTED, 0), one.failed, one.notices - sum(one.ends.values()))
            for one in found
            if one.event_id == self.event_id
        ]

    async def ends(self) -> tuple[EndCount, ...]:
        """Return what `GET /v1/events/ID` is made of."""
        answer = await self.tracker.questions.event(EventQuery(publisher=OFFICE, event_id=self.event_id))
        assert isinstance(answer, EventAnswer)
        return answer.ends


def at(status: DeliveryEnd | Receipt) -> datetime:
    """Return when so-and-so happened, so that every order of reports tells the same."""
    return NOON + timedelta(minutes=[ACCEPTED, EXPIRED, UNKNOWN, DELIVERED, SEEN, FAILED].index(status))


def said(notice: UUID, status: DeliveryEnd | Receipt) -> DeliveryReport:
    """Return the report that the notifier sends."""
    if status is FAILED:
        return failure(NoticeId(notice), 1, at(FAILED))
    return DeliveryReport.model_validate(
        {"notice_id": notice, "status": status, "attempts": 1, "at": at(status)}
    )


def cuts(most: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(1, most))


ORDERS = st.sets(st.sampled_from((DELIVERED, SEEN, FAILED))).flatmap(
    lambda receipts: st.permutations(sorted({ACCEPTED, *receipts}))
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ORDERS, cuts(3))
@example([FAILED, ACCEPTED], {1})
@example([FAILED, ACCEPTED, DELIVERED], {1, 2})
@example([ACCEPTED, FAILED, SEEN], set())
async def test_any_order_and_any_batches_end_the_same(
    tracker: Tracker, order: list[DeliveryEnd | Receipt], parts: set[int]
) -> None:
    """Who was accepted and failed is on the call list unless anything says that it arrived."""
    event = await Ledgered.of(tracker)
    bounds = [0, *sorted(part for part in parts if part < len(order)), len(order)]
    for begin, end in pairwise(bounds):
        await event.enter(*order[begin:end])
    failed = FAILED in order and not {DELIVERED, SEEN} & set(order)

    assert await event.on_the_list() == ([("accepted", "failed", at(FAILED))] if failed else [])
    assert (await event.reached())[-1] == Reached(1, int(failed), 0)
    assert await event.ends() == (EndCount(end=ACCEPTED, reason="failed" if failed else None, notices=1),)
    assert [one.reached for one in await event.ends()] == [not failed]


@pytest.mark.parametrize("end", [EXPIRED, UNKNOWN])
@pytest.mark.parametrize("first", [True, False])
async def test_a_failure_upon_another_end_is_not_kept(
    tracker: Tracker, end: DeliveryEnd, *, first: bool
) -> None:
    """Only what was accepted can have failed later."""
    event = await Ledgered.of(tracker)
    for one in (FAILED, end) if first else (end, FAILED):
        await event.enter(one)

    assert await event.ends() == (EndCount(end=end, notices=1),)
    assert await event.reached() == [Reached(0, 0, 0)]


async def test_the_publisher_hears_again_what_changed(tracker: Tracker) -> None:
    """A failure before the last end is in the first reach; each change after it is said once more, once."""
    event = await Ledgered.of(tracker, people=3)
    for person in range(3):
        await event.enter(*((ACCEPTED, FAILED) if person == 0 else (ACCEPTED,)), person=person)
    counted = [
        (await event.enter(status, person=person)).failed
        for status, person in ((FAILED, 1), (FAILED, 1), (DELIVERED, 0), (SEEN, 0), (FAILED, 0))
    ]

    assert counted == [1, 0, 0, 0, 0]
    assert await event.reached() == [Reached(3, 1, 0), Reached(3, 2, 0), Reached(3, 1, 0)]
    assert len(await event.on_the_list()) == 1


async def test_nothing_is_said_while_somebody_waits(tracker: Tracker) -> None:
    """A failure among notices of which one has no end yet is told with the last end."""
    event = await Ledgered.of(tracker, people=2)
    await event.enter(ACCEPTED, FAILED)

    assert await event.reached() == []
    assert len(await event.on_the_list()) == 1


async def test_a_tracker_of_the_version_before_takes_a_failure_for_the_end() -> None:
    """On the wire a failure is the end accepted, told once more: no dead letter, nothing that changes."""
    notice = UUID(int=1)
    wire = said(notice, FAILED).model_dump(mode="json", exclude={"failed"})

    assert DELIVERY_REPORT.validate_python(wire).says is ACCEPTED


async def test_what_a_version_before_noted_beside_a_failure_counts(tracker: Tracker) -> None:
    """A receipt that an older tracker enters, which knows of no failure, makes it void as well."""
    event = await Ledgered.of(tracker)
    await event.enter(ACCEPTED, FAILED)
    await tracker.pool.execute(
        "UPDATE notice SET delivered_at = now() WHERE notice_id = $1", event.notices[0]
    )

    assert await event.on_the_list() == []
