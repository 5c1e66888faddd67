"""Held publishers on a real database: states move, nobody is told, and a release loses nothing."""

import asyncio
import json
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from contracts.messages.forget import Forget
from contracts.messages.ids import Publisher, RecipientId
from contracts.messages.rpc import StatusQuery
from runtime.clock import SystemClock
from services.tracker.following.erasure import Erasure
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from services.tracker.operators.hold import Holds
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, STAGES, Tracker, stage_event

OFFICE = Publisher("office")


async def on_their_way(tracker: Tracker) -> int:
    found: int = await tracker.pool.fetchval("SELECT count(*) FROM outbox WHERE subject LIKE '%notice%'")
    return found


async def test_a_held_publisher_tells_nobody_until_it_is_released(tracker: Tracker) -> None:
    """States move and notices wait as pending; another publisher's go out; a release sends each once."""
    recipient = RecipientId(uuid4())
    await tracker.share_work("office", "other")
    for number in range(2):
        await tracker.redeem(await tracker.issue(number), recipient)
    desk = Holds(tracker.pool, SystemClock(), "test")
    assert [await desk.hold(OFFICE), await desk.hold(OFFICE)] == [True, False]
    await tracker.take(stage_event("a"), stage_event("b", application=1, publisher="other"))
    answer = await tracker.following.status(StatusQuery(recipient_id=recipient))

    assert [one.stage for one in answer.followed] == ["accepted", "accepted"]
    assert await on_their_way(tracker) == 1
    assert [one.waiting for one in await desk.holds()] == [1]
    assert [await desk.release(OFFICE), await desk.release(OFFICE)] == [1, None]
    assert await on_their_way(tracker) == 2
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_a_release_racing_events_leaves_nothing_behind(tracker: Tracker, other: Tracker) -> None:
    """Whatever is taken in while a publisher is released goes out at once or with the release."""
    desk = Holds(other.pool, SystemClock(), "test")
    for number in range(50):
        await tracker.redeem(await tracker.issue(number))
        await desk.hold(OFFICE)
        events = [stage_event(f"{number}-{one}", one, application=number) for one in STAGES[:3]]
        takes = [tracker.take(one) for one in events]
        await asyncio.gather(takes[0], desk.release(OFFICE), *takes[1:])
    told = await tracker.pool.fetchval("SELECT count(*) FROM notice")

    assert await tracker.pool.fetchval("SELECT count(*) FROM held") == 0
    assert await on_their_way(tracker) == told


async def test_what_is_held_back_does_not_outlive_the_forgotten(tracker: Tracker) -> None:
    """A message kept back names its recipient, so forgetting lets it go to the notifier, who ends it."""
    recipient = RecipientId(uuid4())
    await tracker.redeem(await tracker.issue(), recipient)
    await Holds(tracker.pool, SystemClock(), "test").hold(OFFICE)
    await tracker.take(stage_event("e1"))
    await Erasure(tracker.pool, SystemClock()).forget(Forget(recipient_id=recipient, at=NOON))

    assert await tracker.pool.fetchval("SELECT count(*) FROM held") == 0
    assert await on_their_way(tracker) == 1


async def test_hold_and_release_on_the_command_line(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hold, list, release; releasing who is not held fails."""
    monkeypatch.setenv("DOCWATCH_DATABASE_URL", databases.url("tracker"))

    async def run(*words: str) -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--json"])
        return result.exit_code, result.stdout

    assert (await run("hold", "--publisher", "office"))[0] == 0
    assert [one["publisher"] for one in json.loads((await run("hold"))[1])] == ["office"]
    assert [(await run("release", "--publisher", "office"))[0] for _ in range(2)] == [0, 1]
