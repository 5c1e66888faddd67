"""Telling people of dates that pass, on a real database, at any time of day."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.messages.ids import Publisher, RecipientId
from contracts.messages.notice import NOTICE, Notice, NoticeKind
from contracts.messages.rpc import StatusQuery, Stop
from runtime.clock import SystemClock
from runtime.database.lease import Lease
from services.tracker.domain.working_days import rules_of
from services.tracker.following.overdue import (
    HELD_AGAIN,
    LOOKED_AT_ONCE,
    ROLE,
    OverdueNotices,
)
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from services.tracker.operators.hold import Holds
from tests.integration.tracker.conftest import NOON, Tracker, key, stage_event
from tests.waiting import until

PASSED = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
"""Verification begins on Monday and takes three days; on Friday at ten in Kyiv it is overdue."""


WAITS = """
SELECT count(*) > 0 FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class At(SystemClock):
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment


def overdue(tracker: Tracker, at: datetime = PASSED) -> OverdueNotices:
    rules = rules_of(tracker.catalogue)
    return OverdueNotices(tracker.pool, tracker.outbox, At(at), rules, Metrics())


async def following(tracker: Tracker, people: int = 1, application: int = 0) -> list[RecipientId]:
    """Let people follow since the morning of the Monday."""
    found = [RecipientId(uuid4()) for _ in range(people)]
    token = await tracker.issue(application)
    for one in found:
        await tracker.redeem(token, one)
    await tracker.pool.execute("UPDATE subscription SET created_at = $1", NOON)
    return found


async def told(tracker: Tracker) -> list[Notice]:
    rows = await tracker.pool.fetch(
        "SELECT payload FROM outbox WHERE subject = 'docwatch.notice.v1' ORDER BY created_at, id"
    )
    found: Iterable[Notice] = (NOTICE.validate_json(row["payload"]) for row in rows)
    return [one for one in found if one.kind is NoticeKind.OVERDUE]


async def take(tracker: Tracker, event_id: str, stage: str, **rest: object) -> None:
    """Take an event in at noon, as if it were that day."""
    tracker.intake._clock = At(NOON)
    await tracker.take(stage_event(event_id, stage, **rest))  # type: ignore[arg-type]  # fields by name


async def test_everybody_who_waited_is_told_once(tracker: Tracker, other: Tracker) -> None:
    """Two trackers that look at once, again and again, make one notice a person; the books balance."""
    people = await following(tracker, 3)
    await take(tracker, "e1", "verification")
    early = await overdue(tracker, PASSED - timedelta(seconds=1)).look()
    await asyncio.gather(*(overdue(one).look() for one in (tracker, other) * 3))
    notices = await told(tracker)
    again = await overdue(tracker, PASSED + timedelta(days=3)).look()

    assert (early, again) == (0, 0)
    assert sorted(one.recipient_id for one in notices) == sorted(people)
    assert {
        (one.stage, one.expected_at, one.expected_from, one.overdue, one.event_id) for one in notices
    } == {("verification", date(2026, 3, 5), "calendar", True, None)}
    assert await reconcile(tracker.pool, Metrics()) == 0


@pytest.mark.parametrize(
    ("stage", "rest"),
    [
        ("issued", {}),
        ("rejected", {"expected_at": date(2026, 3, 5)}),
        ("arrived", {"expected_at": date(2026, 3, 5)}),
        ("printing", {}),
        ("verification", {"expected_at": date(2026, 3, 9)}),
    ],
)
async def test_nobody_is_told_of_what_is_not_late(
    tracker: Tracker, stage: str, rest: dict[str, object]
) -> None:
    """The way has ended, it is the citizen's turn, or there is time."""
    await following(tracker)
    await take(tracker, "e1", stage, **rest)

    assert await overdue(tracker).look() == 0


async def test_nobody_is_told_at_night_or_on_a_day_off(tracker: Tracker) -> None:
    """A tracker that comes back at night waits for the morning of a business day."""
    await following(tracker)
    await take(tracker, "e1", "verification")
    night, saturday, monday = (PASSED + timedelta(hours=hours) for hours in (13, 27, 72))
    nobody = [await overdue(tracker, at).look() for at in (night, saturday)]

    assert nobody == [0, 0]
    assert await tracker.pool.fetchval("SELECT look_at FROM application") == monday
    assert await overdue(tracker, monday).look() == 1


async def test_another_date_is_told_again_and_the_same_is_not(tracker: Tracker) -> None:
    """Each date that passes is told once, whoever says it and however often."""
    await following(tracker)
    promised = {"expected_at": date(2026, 3, 5)}
    await take(tracker, "e1", "accepted", **promised)
    counts = [await overdue(tracker).look()]
    await take(tracker, "e2", "verification", **promised)
    counts.append(await overdue(tracker).look())
    await take(tracker, "e3", "verification", expected_at=date(2026, 3, 6), occurred_at=PASSED)
    counts.append(await overdue(tracker, PASSED + timedelta(days=3)).look())
    await take(tracker, "e4", "verification", occurred_at=PASSED + timedelta(hours=1), **promised)
    counts.append(await overdue(tracker, PASSED + timedelta(days=3)).look())

    assert counts == [1, 0, 1, 0]
    assert [one.expected_at for one in await told(tracker)] == [date(2026, 3, 5), date(2026, 3, 6)]


async def test_who_came_after_the_date_is_not_told_of_it(tracker: Tracker) -> None:
    """They read it in the answer; who has left, and who is told a week too late, hears nothing either."""
    await take(tracker, "e1", "verification")
    [late] = await following(tracker)
    await tracker.pool.execute("UPDATE subscription SET created_at = $1", PASSED)
    await take(tracker, "e2", "verification", application=1)
    [left] = await following(tracker, application=1)
    await tracker.pool.execute(
        "UPDATE subscription SET created_at = $1 WHERE recipient_id = $2", PASSED, late
    )
    await tracker.following.stop(Stop(recipient_id=left))
    tracker.following._clock = At(PASSED)
    status = await tracker.following.status(StatusQuery(recipient_id=late))

    assert [(one.expected_at, one.overdue) for one in status.followed] == [(date(2026, 3, 5), True)]
    assert await overdue(tracker).look() == 0

    await following(tracker, application=2)
    await take(tracker, "e3", "verification", application=2)
    assert await overdue(tracker, PASSED + timedelta(days=7, minutes=1)).look() == 0


async def test_a_held_publisher_makes_nobody_wait_in_vain(tracker: Tracker) -> None:
    """What a held publisher said may be wrong: people are told once it is released."""
    await following(tracker)
    await take(tracker, "e1", "verification")
    holding = Holds(tracker.pool, At(NOON), "operator")
    await holding.hold(Publisher("office"))
    held = await overdue(tracker).look()
    await holding.release(Publisher("office"))

    assert held == 0
    assert await overdue(tracker, PASSED + timedelta(minutes=1)).look() == 0
    assert await overdue(tracker, PASSED + HELD_AGAIN).look() == 1


async def test_an_advance_that_commits_first_leaves_nothing_to_tell(tracker: Tracker, other: Tracker) -> None:
    """A look waits for whoever holds the application, and decides by what stands then."""
    await following(tracker)
    await take(tracker, "e1", "verification")
    async with tracker.pool.acquire() as connection:
        advance = connection.transaction()
        await advance.start()
        await connection.execute("UPDATE application SET stage = 'issued', rank = 90, revision = 2")
        look = asyncio.ensure_future(overdue(other).look())
        await until(lambda: tracker.pool.fetchval(WAITS))
        await advance.commit()

    assert await look == 0
    assert await told(tracker) == []


async def test_more_than_a_page_is_told_in_one_look(tracker: Tracker) -> None:
    """However many are due at ten, one look tells all of them."""
    count = LOOKED_AT_ONCE + 5
    tracker.intake._clock = At(NOON)
    await tracker.take(*(stage_event(f"e{n}", "verification", application=n) for n in range(count)))
    token = await tracker.issue(0)
    claim_id: UUID = await tracker.pool.fetchval("SELECT claim_id FROM claim WHERE receipt_id = $1", token)
    await tracker.pool.execute(
        "INSERT INTO subscription (subscription_id, application_key, recipient_id, claim_id, consent_version,"
        " consented_at, created_at)"
        " SELECT gen_random_uuid(), application_key, gen_random_uuid(), $1, '1', $2, $2 FROM application",
        *(claim_id, NOON),
    )

    assert await overdue(tracker).look() == count
    assert await tracker.pool.fetchval("SELECT count(*) FROM application WHERE look_at IS NOT NULL") == 0
    assert (
        await tracker.pool.fetchval("SELECT beside FROM application WHERE application_key = $1", key(0)) == 1
    )


async def test_the_loop_tells_under_its_lease(tracker: Tracker) -> None:
    """A tracker that holds the role tells by itself and lets go when it is stopped."""
    await following(tracker)
    await take(tracker, "e1", "verification")
    stop = asyncio.Event()
    lease = Lease(tracker.pool, SystemClock(), ROLE, "me")
    task = asyncio.ensure_future(overdue(tracker).run(lease, stop))
    await until(lambda: told(tracker))
    stop.set()
    await task

    assert await tracker.pool.fetchval("SELECT expires_at <= clock_timestamp() FROM lease") is True
