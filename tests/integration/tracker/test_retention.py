"""What is long over is purged, and the books balance all the while."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Refused
from runtime.clock import SystemClock
from services.tracker.following.retention import Purged, Retention, terms_of
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from tests.integration.tracker.conftest import Tracker, redeem, stage_event
from tests.integration.tracker.wrong_batch import end, follow_all

LEFT = """
SELECT (SELECT count(*) FROM claim), (SELECT count(*) FROM redemption), (SELECT count(*) FROM subscription),
    (SELECT count(*) FROM notice), (SELECT count(*) FROM event), (SELECT count(*) FROM application)
"""


class Later(SystemClock):
    """The clock, so many days on."""

    def __init__(self, days: int) -> None:
        self._days = timedelta(days=days)

    def now(self) -> datetime:
        """Return the instant so many days on."""
        return super().now() + self._days


def retention(tracker: Tracker, days: int) -> Retention:
    """Return the use case as it is after so many days."""
    return Retention(tracker.pool, Later(days), terms_of(tracker.catalogue))


async def left(tracker: Tracker) -> list[int]:
    """Count what links people to applications, and what is to stay."""
    [row] = await tracker.pool.fetch(LEFT)
    return list(row)


@pytest.mark.parametrize(("days", "purged"), [(89, False), (91, True)])
async def test_days_after_the_end_no_link_is_left(tracker: Tracker, days: int, purged: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Ninety days after the terminal stage subscriptions, notices and claims go; history and books stay."""
    over, still = await tracker.issue(0), await tracker.issue(1)
    await tracker.redeem(over)
    await tracker.redeem(still)
    await tracker.take(stage_event("e0", "issued"), stage_event("e1", "printing", application=1))
    await end(tracker, DeliveryEnd.ACCEPTED)
    found = await retention(tracker, days).sweep()

    assert found == (Purged(1, 1) if purged else Purged())
    assert await left(tracker) == ([1, 1, 1, 1, 2, 2] if purged else [2, 2, 2, 2, 2, 2])
    assert isinstance(await tracker.following.redeem(redeem(over)), Refused) == purged
    assert await reconcile(tracker.pool, Metrics()) == 0
    assert await tracker.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'purge'") == purged


async def test_who_is_still_to_be_told_is_not_purged(tracker: Tracker) -> None:
    """An application with a pending notice waits for its end, then goes with the next sweep."""
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("e1", "issued"))
    waits = await retention(tracker, 91).sweep()
    await end(tracker, DeliveryEnd.EXPIRED)
    goes = await retention(tracker, 91).sweep()

    assert (waits, goes) == (Purged(), Purged(1, 1))
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_what_was_learned_late_is_kept_as_long(tracker: Tracker) -> None:
    """A stage of long ago that came today is told today and kept from today on."""
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("e1", "issued", occurred_at="2025-01-01T12:00:00Z"))
    await end(tracker, DeliveryEnd.ACCEPTED)

    assert await retention(tracker, 1).sweep() == Purged()


async def test_sweeps_race_each_other_and_whoever_follows(tracker: Tracker, other: Tracker) -> None:
    """Several sweeps at once purge each application once; a late event and a redeem change no sums."""
    await follow_all(tracker, 30)
    await tracker.take(*(stage_event(f"e{n}", "issued", application=n) for n in range(30)))
    await end(tracker, DeliveryEnd.ACCEPTED)
    token = await tracker.issue(3)

    async def others() -> None:
        await other.following.redeem(redeem(token, RecipientId(uuid4())))
        for number in range(0, 30, 5):
            await other.take(stage_event(f"l{number}", "accepted", application=number))

    sweeps = [retention(one, 91).sweep() for one in (tracker, other, tracker)]
    found = await asyncio.gather(*sweeps, others())
    total = sum(one.applications for one in found if one is not None)

    assert total + (await left(tracker))[2] >= 30
    assert await reconcile(tracker.pool, Metrics()) == 0
