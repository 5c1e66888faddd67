"""Which publishers have fallen silent, on a real database."""

from datetime import UTC, datetime, timedelta

from services.tracker.domain.working_days import rules_of
from services.tracker.metrics import Metrics
from services.tracker.operators.silent_publishers import SilentPublishers
from tests.integration.tracker.conftest import Tracker, stage_event
from tests.integration.tracker.test_overdue import At

GAUGE = "docwatch_tracker_publisher_silent"
HABIT = """
INSERT INTO pace (publisher, hour, stage, shard, events)
SELECT p, hour, 'accepted', 0, 5
FROM unnest(ARRAY['office', 'other']) AS p,
    generate_series($1::timestamptz - interval '20 days', $1::timestamptz, interval '1 hour') AS hour
"""


async def test_a_publisher_that_falls_silent_shows_until_it_is_heard(tracker: Tracker) -> None:
    """Of two with the same habits only the one of which no event came for hours is silent."""
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    await tracker.pool.execute(HABIT, now)
    await tracker.take(
        stage_event("e1", accepted_at=now - timedelta(hours=6)),
        stage_event("e2", application=1, publisher="other", accepted_at=now),
    )
    metrics = Metrics()
    hearing = SilentPublishers(tracker.pool, At(now), rules_of(tracker.catalogue).workdays, metrics)
    seen = []
    for number in range(2):
        await hearing.listen()
        value = metrics.registry.get_sample_value
        seen.append([value(GAUGE, {"publisher": one}) for one in ("office", "other")])
        await tracker.take(stage_event(f"n{number}", accepted_at=now))

    assert seen == [[1.0, 0.0], [0.0, 0.0]]
