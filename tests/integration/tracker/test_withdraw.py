"""The wrong batch taken back on a real database: once, wholly, and whatever happens meanwhile."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import RecipientId
from contracts.messages.notice import NOTICE, NoticeKind
from contracts.messages.rpc import StatusQuery
from contracts.messages.stage import StageEvent
from runtime.clock import SystemClock
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from services.tracker.operators.hold import Holds
from services.tracker.operators.rebuild import rebuild
from services.tracker.operators.withdrawal import Withdrawals, Withdrawn
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, Tracker, stage_event
from tests.integration.tracker.wrong_batch import (
    FLOOR,
    OFFICE,
    end,
    flood,
    follow_all,
    stages,
    told,
    usual_days,
)

SINCE = NOON + timedelta(days=2)


def wrong(event_id: str, stage: str = "accepted", application: int = 0) -> StageEvent:
    """Return an event of the wrong batch."""
    later, happened = NOON + timedelta(days=3), NOON + timedelta(hours=50)
    return stage_event(event_id, stage, application=application, accepted_at=later, occurred_at=happened)


async def withdraw(tracker: Tracker, since: datetime = SINCE) -> Withdrawn:
    """Take back what the office sent since a time; return what that came to."""
    total = Withdrawn()
    async for part in Withdrawals(tracker.pool, SystemClock(), "test").withdraw(OFFICE, since):
        total += part
    return total


async def corrections(tracker: Tracker) -> list[str | None]:
    """Return the stages that corrections after a withdrawal told, in no order."""
    rows = await tracker.pool.fetch("SELECT payload FROM outbox WHERE subject = 'docwatch.notice.v1'")
    notices = [NOTICE.validate_json(row["payload"]) for row in rows]
    return [one.stage for one in notices if one.kind is NoticeKind.CORRECTION and one.event_id is None]


async def is_whole(tracker: Tracker) -> bool:
    """Tell whether the books balance and every state is the fold of its history."""
    pages = [page async for page in rebuild(tracker.pool, actor="test", dry_run=True)]
    balance = await reconcile(tracker.pool, Metrics())
    return balance == 0 and not [one for page in pages for one in page.differences]


async def test_a_braked_flood_is_taken_back(tracker: Tracker) -> None:
    """Of 5,000 false rejections the few who were told hear once what stands; the rest never hears of them."""
    await usual_days(tracker)
    await follow_all(tracker, 5000)
    started = datetime.now(UTC)
    await flood(tracker, 5000)
    few = await told(tracker)
    await end(tracker, DeliveryEnd.ACCEPTED)
    done = await withdraw(tracker, started - timedelta(minutes=1))

    assert few <= FLOOR
    assert done == Withdrawn(5000, 5000, 5000 - few, few)
    assert await corrections(tracker) == [None] * few
    assert await tracker.pool.fetchval("SELECT count(*) FROM held") == 0
    assert await tracker.pool.fetchval("SELECT count(*) FROM application WHERE stage IS NOT NULL") == 0
    assert await is_whole(tracker)
    assert await Holds(tracker.pool, SystemClock(), "test").release(OFFICE) == 0


async def test_who_was_told_hears_once_what_stands(tracker: Tracker) -> None:
    """Of two followers of an application only the one who was told the wrong stage is corrected."""
    for _ in range(2):
        await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("right"))
    await end(tracker, DeliveryEnd.ACCEPTED)
    await tracker.take(wrong("wrong", "rejected"))
    await end(tracker, DeliveryEnd.UNKNOWN, most=1)

    assert await withdraw(tracker) == Withdrawn(1, 1, 1, 1)
    assert await withdraw(tracker) == Withdrawn()
    assert await stages(tracker, 0) == ["accepted"]
    assert await corrections(tracker) == ["accepted"]
    assert await is_whole(tracker)


async def test_a_correction_names_the_document_that_stands(tracker: Tracker) -> None:
    """Who was told of a wrong document hears of the right one, under its own type."""
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("right"))
    await tracker.take(wrong("wrong", "printing").model_copy(update={"document_type": "foreign_passport"}))
    await end(tracker, DeliveryEnd.ACCEPTED)

    await withdraw(tracker)

    row = await tracker.pool.fetchrow("SELECT document_type FROM application")
    payloads = await tracker.pool.fetch("SELECT payload FROM outbox WHERE subject = 'docwatch.notice.v1'")
    notices = [NOTICE.validate_json(each["payload"]) for each in payloads]
    assert row is not None
    assert row["document_type"] == "id_card"
    assert ["id_card"] == [notice.document_type for notice in notices if notice.event_id is None]


async def test_a_notice_that_arrives_in_spite_of_its_withdrawal_is_corrected(tracker: Tracker) -> None:
    """What was in the air when it was taken back, and was read, is followed by one correction."""
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("right"))
    await end(tracker, DeliveryEnd.ACCEPTED)
    both = [wrong("w1", "printing"), wrong("w2", "rejected")]
    await tracker.take(*both)
    assert (await withdraw(tracker)).corrections == 0
    await end(tracker, DeliveryEnd.ACCEPTED)
    await end(tracker, DeliveryEnd.ACCEPTED)

    assert await corrections(tracker) == ["accepted"]
    assert await is_whole(tracker)


async def test_where_nothing_stands_the_next_stage_is_newer(tracker: Tracker) -> None:
    """An application all of whose events are withdrawn has no stage, and its revisions go on rising."""
    who = RecipientId(uuid4())
    await tracker.redeem(await tracker.issue(), who)
    await tracker.share_work("office", "other")
    await tracker.take(wrong("wrong", "printing"))
    await end(tracker, DeliveryEnd.ACCEPTED)
    await withdraw(tracker)
    answer = await tracker.following.status(StatusQuery(recipient_id=who))
    await tracker.take(stage_event("next", publisher="other"), wrong("wrong", "printing"))
    revisions = await tracker.pool.fetch("SELECT revision FROM notice ORDER BY created_at")

    assert [one.stage for one in answer.followed] == [None]
    assert await corrections(tracker) == [None]
    assert [row["revision"] for row in revisions] == [1, 2, 3]
    assert (await tracker.books())["duplicate"] == 1
    assert await stages(tracker, 0) == ["accepted"]
    assert await is_whole(tracker)


async def test_a_withdrawal_that_was_cut_off_goes_on(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after any transaction and run again, it has taken everything back once."""
    monkeypatch.setattr("services.tracker.operators.withdrawal.EVENTS_AT_ONCE", 4)
    await follow_all(tracker, 10)
    await tracker.take(*(wrong(f"w{n}", application=n) for n in range(10)))
    await end(tracker, DeliveryEnd.ACCEPTED)
    cut = Withdrawals(tracker.pool, SystemClock(), "test").withdraw(OFFICE, SINCE)
    first = await anext(cut)
    await cut.aclose()
    rest = await withdraw(tracker)

    assert first + rest == Withdrawn(10, 10, 0, 10)
    assert len(await corrections(tracker)) == 10
    assert await is_whole(tracker)


async def test_a_withdrawal_races_everything_else(tracker: Tracker, other: Tracker) -> None:
    """With another one, events, followers and reports meanwhile the books balance, nobody hears it twice."""
    await follow_all(tracker, 40)
    for number in range(40):
        bad = wrong(f"w{number}", "printing", number)
        await tracker.take(stage_event(f"r{number}", application=number), bad)
    await tracker.share_work("office", "other")
    later = [stage_event(f"l{n}", "issued", application=n, publisher="other") for n in range(0, 40, 2)]

    async def events() -> None:
        for one in later:
            await other.take(one)

    async def followers() -> None:
        for number in range(0, 40, 4):
            await other.redeem(await other.issue(number))

    async def reports() -> None:
        for _ in range(8):
            await end(other, DeliveryEnd.ACCEPTED, most=12)

    await asyncio.gather(withdraw(tracker), withdraw(other), events(), followers(), reports())
    await end(tracker, DeliveryEnd.ACCEPTED)
    twice = await tracker.pool.fetch(
        "SELECT subscription_id FROM notice WHERE kind = 'correction' GROUP BY 1 HAVING count(*) > 1"
    )
    uncorrected = await tracker.pool.fetch(
        "SELECT n.subscription_id FROM notice n JOIN event e USING (publisher, event_id)"
        " WHERE e.withdrawn_at IS NOT NULL AND n.ended_as = 'accepted' AND NOT EXISTS ("
        "   SELECT FROM notice m WHERE m.subscription_id = n.subscription_id AND m.revision > n.revision)"
    )

    assert (twice, uncorrected) == ([], [])
    assert await is_whole(tracker)


async def test_the_books_name_each_end(tracker: Tracker) -> None:
    """Held notices end here and their publisher learns of it; the others end at the notifier."""
    await follow_all(tracker, 2)
    await tracker.take(wrong("sent"))
    await Holds(tracker.pool, SystemClock(), "test").hold(OFFICE)
    await tracker.take(wrong("held", application=1))
    done = await withdraw(tracker)
    subjects = await tracker.pool.fetch("SELECT subject FROM outbox ORDER BY subject")

    assert done.notices == 2
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice WHERE ended_as = 'withdrawn'") == 1
    assert {"docwatch.reach.v1", "docwatch.withdrawal.v1"} <= {row["subject"] for row in subjects}
    assert await is_whole(tracker)


async def test_withdraw_on_the_command_line(
    tracker: Tracker, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run counts and changes nothing; the hold says from when on; the audit tells what was done."""
    monkeypatch.setenv("DOCWATCH_DATABASE_URL", databases.url("tracker"))
    await follow_all(tracker, 2)
    await tracker.take(*(wrong(f"w{n}", application=n) for n in range(2)))
    await end(tracker, DeliveryEnd.ACCEPTED, most=1)

    async def run(*words: str) -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, [*words])
        return result.exit_code, result.stdout

    assert (await run("withdraw", "--publisher", "office"))[0] == 1
    assert (await run("hold", "--publisher", "office", "--since", "2026-03-04T12:00:00"))[0] == 1
    assert (await run("hold", "--publisher", "office", "--since", SINCE.isoformat()))[0] == 0
    dry = json.loads((await run("withdraw", "--publisher", "office", "--dry-run", "--json"))[1])
    assert await tracker.pool.fetchval("SELECT count(*) FROM event WHERE withdrawn_at IS NOT NULL") == 0
    wet = json.loads((await run("withdraw", "--publisher", "office", "--json"))[1])
    _, listed = await run("audit", "--json")

    assert [dry[name] for name in ("events", "applications", "waiting", "told")] == [2, 2, 1, 1]
    assert [wet[name] for name in ("events", "applications", "notices", "corrections")] == [2, 2, 1, 1]
    assert [one["action"] for one in json.loads(listed)] == ["withdrawn", "withdraw", "hold"]
    assert await stages(tracker, 0, 1) == [None, None]
