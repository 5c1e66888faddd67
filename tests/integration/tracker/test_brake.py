"""The wrong batch on a real database: held before people are told, by the very batch that goes too far."""

import asyncio
from datetime import timedelta

from prometheus_client import generate_latest

from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from services.tracker.ledger.gauges import look, reconcile
from services.tracker.metrics import Metrics
from services.tracker.operators.hold import Holds
from tests.integration.tracker.conftest import Tracker, stage_event
from tests.integration.tracker.wrong_batch import FLOOR, OFFICE, flood, follow_all, told, usual_days


async def test_the_wrong_batch_is_held_before_people_are_told(tracker: Tracker) -> None:
    """Of 1,000 false rejections the floor's few are told; one hold and one line of the audit stand."""
    await usual_days(tracker)
    await follow_all(tracker, 1000)
    await flood(tracker, 1000)
    metrics = Metrics()
    await look(tracker.pool, metrics)

    assert await told(tracker) <= FLOOR
    assert await tracker.pool.fetchval("SELECT count(*) FROM held") >= 1000 - FLOOR
    [hold] = await Holds(tracker.pool, SystemClock(), "test").holds()
    assert (hold.publisher, hold.held_by) == (OFFICE, "brake")
    assert "rejected" in hold.why
    assert [tuple(row) for row in await tracker.pool.fetch("SELECT actor, action FROM audit")] == [
        ("brake", "hold")
    ]
    assert b'docwatch_tracker_publisher_held{publisher="office"} 1.0' in generate_latest(metrics.registry)
    assert await reconcile(tracker.pool, metrics) == 0


async def test_the_batch_that_goes_too_far_is_held_itself(tracker: Tracker) -> None:
    """Nobody is told where one batch alone goes too far; another publisher in it is not held."""
    await usual_days(tracker)
    await follow_all(tracker, FLOOR + 2)
    events = [stage_event(f"r{n}", "rejected", application=n) for n in range(FLOOR + 1)]
    await tracker.take(*events, stage_event("other", application=FLOOR + 1, publisher="other"))

    assert await told(tracker) == 1
    assert await tracker.pool.fetchval("SELECT count(*) FROM held") == FLOOR + 1


async def test_a_released_publisher_is_not_braked_again_for_the_same_batch(tracker: Tracker) -> None:
    """After a person's release the rest of the batch goes out at once."""
    await usual_days(tracker)
    await follow_all(tracker, 600)
    await flood(tracker, 300)
    released = await Holds(tracker.pool, SystemClock(), "test").release(OFFICE)
    await flood(tracker, 600, start=300)

    assert released is not None
    assert await told(tracker) == 600
    assert await Holds(tracker.pool, SystemClock(), "test").holds() == []


async def test_what_tells_nobody_is_not_counted(tracker: Tracker) -> None:
    """A history that is brought in silently is no flood, nor are copies of what was sent before."""
    await usual_days(tracker)
    silent = [stage_event(f"s{n}", "rejected", application=n, notify=False) for n in range(300)]
    await tracker.take(*silent)
    await tracker.take(*silent)

    assert await Holds(tracker.pool, SystemClock(), "test").holds() == []


async def test_several_trackers_count_together(tracker: Tracker, other: Tracker) -> None:
    """Two trackers that share a flood hold its publisher once, and neither waits for the other for ever."""
    await usual_days(tracker)
    await follow_all(tracker, 600)
    await asyncio.gather(flood(tracker, 300), flood(other, 600, start=300))
    hours = await tracker.pool.fetch(
        "SELECT sum(events) AS n FROM pace WHERE hour > now() - $1::interval", timedelta(hours=3)
    )

    assert [row["n"] for row in hours] == [600]
    assert len(await Holds(tracker.pool, SystemClock(), "test").holds()) == 1
    assert await tracker.pool.fetchval("SELECT count(*) FROM audit") == 1


async def test_a_held_publisher_shows_in_the_gauge_until_its_release(tracker: Tracker) -> None:
    """The gauge names who is held and forgets who is released."""
    desk, metrics = Holds(tracker.pool, SystemClock(), "test"), Metrics()
    await desk.hold(Publisher("office"))
    await look(tracker.pool, metrics)
    before = generate_latest(metrics.registry)
    await desk.release(Publisher("office"))
    await look(tracker.pool, metrics)

    assert b"publisher_held{" in before
    assert b"publisher_held{" not in generate_latest(metrics.registry)
