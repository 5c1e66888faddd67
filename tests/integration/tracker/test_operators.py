"""What operators do: fold everything again, replay and drop what took no effect, on a real database."""

import asyncio
import json
from collections import Counter
from uuid import uuid4

import asyncpg
import pytest
from nats.aio.client import Client
from typer.testing import CliRunner

from cli.main import app
from contracts.messages.outcome import Effect
from runtime.clock import SystemClock
from services.tracker.ledger.gauges import look
from services.tracker.metrics import Metrics
from services.tracker.operators.dead_letters import DeadLetters
from services.tracker.operators.rebuild import Difference, rebuild
from tests.conftest import Databases
from tests.integration.tracker.conftest import Tracker, key, publish, running, stage_event
from tests.waiting import until

BOOKS = """
SELECT effect, sum(count)::bigint AS count FROM (
    SELECT effect, count(*) FROM event GROUP BY effect
    UNION ALL
    SELECT effect, count(*) FROM set_aside
    WHERE stream = 'STAGES' AND settled_by IS DISTINCT FROM 'replayed' GROUP BY effect
) AS each
GROUP BY effect
"""


async def folded(tracker: Tracker, *, dry_run: bool) -> list[Difference]:
    pages = rebuild(tracker.pool, actor="test", dry_run=dry_run)
    return [one async for page in pages for one in page.differences]


async def tables(tracker: Tracker) -> list[list[asyncpg.Record]]:
    """Return all that a rebuild must not touch."""
    statements = (
        "SELECT * FROM claim ORDER BY 1",
        "SELECT * FROM subscription ORDER BY 1",
        "SELECT * FROM redemption ORDER BY 1",
        "SELECT * FROM notice ORDER BY 1",
        "SELECT * FROM event ORDER BY 1",
        "SELECT * FROM outbox ORDER BY 1",
    )
    return [await tracker.pool.fetch(statement) for statement in statements]


async def test_a_rebuild_finds_and_mends_what_differs(tracker: Tracker) -> None:
    """Planted differences are reported and mended; nobody is told, and what is right is left alone."""
    await tracker.redeem(await tracker.issue(9))
    for number in range(4):
        events = (("a", "accepted"), ("b", "printing"))
        await tracker.take(*(stage_event(f"{n}{number}", s, application=number) for n, s in events))
    right = await tracker.pool.fetch("SELECT * FROM application ORDER BY application_key")
    await tracker.pool.execute("UPDATE application SET stage = 'issued' WHERE application_key = $1", key(0))
    await tracker.pool.execute(
        "UPDATE application SET last_occurred_at = now() WHERE application_key = $1", key(1)
    )
    await tracker.pool.execute("DELETE FROM event WHERE application_key = $1", key(3))
    await tracker.pool.execute("DELETE FROM outbox")
    before = await tables(tracker)
    expected = [
        Difference(key(0), "issued", "printing", visible=True),
        Difference(key(1), "printing", "printing", visible=False),
        Difference(key(3), "printing", None, visible=True),
    ]

    assert await folded(tracker, dry_run=True) == expected
    assert await folded(tracker, dry_run=False) == expected
    assert await folded(tracker, dry_run=False) == []
    assert await tables(tracker) == before
    mended = await tracker.pool.fetch("SELECT * FROM application ORDER BY application_key")
    assert [row["revision"] for row in mended] == [3, 2, 2, 3, 0]
    assert mended[2] == right[2]


async def test_what_was_parked_is_replayed_when_the_catalogue_learned_it(
    tracker: Tracker, databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """A replayed event takes effect once, as a new message, and the books count it once."""
    learned = tracker.catalogue.documents["id_card"].stages[2]
    await tracker.redeem(await tracker.issue())
    body = stage_event("e1", "in_orbit")
    await publish(nats_client, body)
    async with running(databases, nats_url):
        await until(lambda: tracker.pool.fetchval("SELECT count(*) FROM set_aside"))
        # The same event as if the catalogue had known its stage all along.
        known = body.model_copy(update={"stage": learned}).encoded()
        await tracker.pool.execute("UPDATE set_aside SET payload = $1", known)
        desk = DeadLetters(tracker.pool, SystemClock(), "test")
        [one] = await desk.open(Effect.PARKED, 10)
        assert await desk.replay([one.id]) == [one.id]
        assert await desk.replay([one.id]) == []
        await until(lambda: tracker.pool.fetchval("SELECT count(*) FROM event"))
    books = await tracker.pool.fetch(BOOKS)

    assert Counter({row["effect"]: row["count"] for row in books}) == Counter({"advance": 1})
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice") == 1
    assert await desk.open(None, 10) == []


async def test_what_is_dropped_stays_counted_without_its_payload(tracker: Tracker) -> None:
    """Dropping is once and for good; the audit says who did it and nobody can change what it says."""
    await tracker.take(b"{", stage_event("e1"), stage_event("e1"))
    desk = DeadLetters(tracker.pool, SystemClock(), "somebody")
    [one] = await desk.open(None, 10)
    shown = await desk.show(one.id)
    assert shown is not None
    assert shown.payload == b"{"

    assert await desk.drop([one.id, uuid4()]) == [one.id]
    assert await desk.replay([one.id]) == []
    assert (await tracker.books())["dead"] == 1
    assert await tracker.pool.fetchval("SELECT payload FROM set_aside WHERE id = $1", one.id) is None
    rows = await tracker.pool.fetch("SELECT actor, action FROM audit ORDER BY number")
    assert [tuple(row) for row in rows] == [("somebody", "dead show"), ("somebody", "dead drop")]
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tracker.pool.execute(statement)


async def test_what_was_settled_waits_for_nobody(tracker: Tracker) -> None:
    """The gauge of what had no effect counts repeats never, and the rest until it is replayed or dropped."""
    await tracker.take(b"{", stage_event("p", "in_orbit"), stage_event("e1"), stage_event("e1"))
    metrics, desk = Metrics(), DeadLetters(tracker.pool, SystemClock(), "test")
    seen = []
    for effect in (Effect.DEAD, Effect.PARKED):
        await look(tracker.pool, metrics)
        seen.append(_put_aside(metrics))
        [one] = await desk.open(effect, 10)
        await (desk.drop if effect is Effect.DEAD else desk.replay)([one.id])
    await look(tracker.pool, metrics)

    assert [[1, 1, 0], [0, 1, 0], [0, 0, 0]] == [*seen, _put_aside(metrics)]


def _put_aside(metrics: Metrics) -> list[float | None]:
    value = metrics.registry.get_sample_value
    return [value("docwatch_tracker_put_aside", {"effect": one}) for one in ("dead", "parked", "conflict")]


async def test_the_commands_say_what_they_did(
    tracker: Tracker, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """List, show, replay, drop and rebuild on a command line, for machines and with honest exit statuses."""
    monkeypatch.setenv("DOCWATCH_DATABASE_URL", databases.url("tracker"))
    await tracker.take(b"{", stage_event("p", "in_orbit"), stage_event("e1"))
    await tracker.pool.execute("UPDATE application SET stage = 'issued'")

    async def run(*words: str) -> tuple[int, dict[str, object]]:
        result = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--json"])
        found = json.loads(result.stdout) if result.stdout else {}
        return result.exit_code, {"rows": found} if isinstance(found, list) else found

    _, listed = await run("dead", "list")
    rows = listed["rows"]
    assert isinstance(rows, list)
    ids = {one["kind"]: one["id"] for one in rows}
    assert (await run("dead", "show", ids["dead"]))[1]["payload"] == "{"
    assert await run("dead", "drop", ids["dead"]) == (0, {"dropped": [ids["dead"]]})
    assert await run("dead", "replay", "--all", "parked") == (0, {"replayed": [ids["parked"]]})
    assert (await run("dead", "replay"))[0] == 1
    assert [(await run("rebuild", *words))[0] for words in (["--dry-run"], [], ["--dry-run"])] == [1, 0, 0]
