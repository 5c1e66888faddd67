"""What publishers ask about their events, and how far those reached, on a real database."""

import asyncio
from uuid import UUID

from contracts.messages.delivery import DeliveryEnd, DeliveryReport
from contracts.messages.ids import EventId, NoticeId, Publisher
from contracts.messages.outcome import Effect
from contracts.messages.reach import REACH, Reach
from contracts.messages.rpc import (
    EndCount,
    EventAnswer,
    EventQuery,
    Refused,
    UnreachedAnswer,
    UnreachedQuery,
)
from runtime.clock import SystemClock
from services.tracker.domain.batch import Source
from services.tracker.ledger.ends import Ledger
from services.tracker.ledger.reports import report
from tests.integration.tracker.conftest import NOON, Tracker, stage_event

ACCEPTED, EXPIRED, UNDELIVERABLE = DeliveryEnd.ACCEPTED, DeliveryEnd.EXPIRED, DeliveryEnd.UNDELIVERABLE
OFFICE = Publisher("office")


async def asked(tracker: Tracker, event_id: str) -> EventAnswer | Refused:
    return await tracker.questions.event(EventQuery(publisher=OFFICE, event_id=EventId(event_id)))


async def unreached(tracker: Tracker, after: int = 0, limit: int = 100) -> UnreachedAnswer:
    return await tracker.questions.unreached(UnreachedQuery(publisher=OFFICE, after=after, limit=limit))


async def end(tracker: Tracker, notice: UUID, how: DeliveryEnd, reason: str | None = None) -> None:
    body = DeliveryReport(notice_id=NoticeId(notice), status=how, reason=reason, attempts=1, at=NOON)
    source = Source("DELIVERIES", notice.int % 1_000_000, body.encoded())
    await Ledger(tracker.pool, tracker.outbox, SystemClock()).enter([report(source)])


async def told(tracker: Tracker, people: int, event_id: str = "e1") -> list[UUID]:
    """Let some people follow, send an event and return its notices."""
    token = await tracker.issue(receipt=f"r-{event_id}")
    for _ in range(people):
        await tracker.redeem(token)
    await tracker.take(stage_event(event_id, office="kyiv-1"))
    rows = await tracker.pool.fetch("SELECT notice_id FROM notice WHERE event_id = $1", event_id)
    return [row["notice_id"] for row in rows]


async def reaches(tracker: Tracker) -> list[Reach]:
    rows = await tracker.pool.fetch("SELECT payload FROM outbox WHERE subject = 'docwatch.reach.v1'")
    return [REACH.validate_json(row["payload"]) for row in rows]


async def test_an_event_says_what_it_did_and_how_its_notices_ended(tracker: Tracker) -> None:
    """Effect, notices, ends with reasons and pending, which always add up."""
    notices = await told(tracker, 4)
    await end(tracker, notices[0], ACCEPTED)
    await end(tracker, notices[1], UNDELIVERABLE, "blocked")
    await end(tracker, notices[2], UNDELIVERABLE, "blocked")
    answer = await asked(tracker, "e1")

    assert isinstance(answer, EventAnswer)
    assert (answer.effect, answer.stage, answer.notices, answer.pending) == (Effect.ADVANCE, "accepted", 4, 1)
    assert answer.ends == (
        EndCount(end=ACCEPTED, notices=1),
        EndCount(end=UNDELIVERABLE, reason="blocked", notices=2),
    )


async def test_an_event_without_effect_says_why(tracker: Tracker) -> None:
    """A parked event is known by its reason; what never came is refused, as is a name no table can hold."""
    await tracker.take(stage_event("p", "in_orbit"))
    answer = await asked(tracker, "p")

    assert isinstance(answer, EventAnswer)
    assert (answer.effect, answer.reason) == (Effect.PARKED, "unknown: id_card in_orbit")
    assert await asked(tracker, "none") == Refused(reason="invalid")
    assert await asked(tracker, "\x00") == Refused(reason="invalid")


async def test_who_was_not_told_is_listed_page_by_page(tracker: Tracker, other: Tracker) -> None:
    """Each unreached notice once, by the publisher's own ids, however many ends are entered at once."""
    notices = await told(tracker, 5)
    ends = [EXPIRED, UNDELIVERABLE, EXPIRED, ACCEPTED, DeliveryEnd.WITHDRAWN]
    calls = [
        end(one, notice, how, "why")
        for one, notice, how in zip((tracker, other) * 3, notices, ends, strict=False)
    ]
    await asyncio.gather(*calls)
    first = await unreached(tracker, limit=2)
    rest = await unreached(tracker, after=first.after)
    rows = [*first.rows, *rest.rows]

    assert [len(first.rows), len(rest.rows)] == [2, 1]
    assert sorted(row.end for row in rows) == [EXPIRED, EXPIRED, UNDELIVERABLE]
    assert {(row.event_id, row.receipt_id, row.office, row.reason) for row in rows} == {
        ("e1", "r-e1", "kyiv-1", "why")
    }
    assert await unreached(tracker, after=rest.after) == UnreachedAnswer(rows=(), after=rest.after)


async def test_the_list_may_be_of_one_office_or_stage(tracker: Tracker) -> None:
    """Only those whose event names the office and the stage that are asked for."""
    [notice] = await told(tracker, 1)
    await end(tracker, notice, EXPIRED)

    async def asked_for(office: str | None, stage: str | None) -> int:
        query = UnreachedQuery(publisher=OFFICE, office=office, stage=stage)
        return len((await tracker.questions.unreached(query)).rows)

    [row] = (await unreached(tracker)).rows
    wanted = [(None, None), ("kyiv-1", None), (None, row.stage), ("kyiv-1", row.stage), ("lviv-1", None)]
    assert [await asked_for(*one) for one in [*wanted, ("kyiv-1", "in_orbit")]] == [1, 1, 1, 1, 0, 0]


async def test_a_receipt_of_another_publisher_is_not_shown(tracker: Tracker) -> None:
    """A publisher reads its own receipts only."""
    [notice] = await told(tracker, 1)
    await tracker.pool.execute("UPDATE claim SET publisher = 'somebody'")
    await end(tracker, notice, EXPIRED)

    assert [row.receipt_id for row in (await unreached(tracker)).rows] == [None]


async def test_the_last_end_says_how_many_were_reached(tracker: Tracker, other: Tracker) -> None:
    """One message when the last notice of an event has ended, whichever of two trackers enters it."""
    for number in range(20):
        token = await tracker.issue(number)
        await tracker.redeem(token)
        await tracker.redeem(token)
        await tracker.take(stage_event(f"e{number}", application=number))
        rows = await tracker.pool.fetch("SELECT notice_id FROM notice WHERE event_id = $1", f"e{number}")
        one, two = [row["notice_id"] for row in rows]
        await asyncio.gather(end(tracker, one, ACCEPTED), end(other, two, EXPIRED))
        await end(tracker, two, ACCEPTED)
    found = await reaches(tracker)

    assert sorted(one.event_id for one in found) == sorted(f"e{number}" for number in range(20))
    assert all((one.notices, one.ends) == (2, {ACCEPTED: 1, EXPIRED: 1}) for one in found)
