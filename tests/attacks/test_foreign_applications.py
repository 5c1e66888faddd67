"""A key of one publisher against the applications of another: by an event, by a receipt, by being first."""

import asyncio
import json
from collections import Counter
from random import Random
from uuid import uuid4

import pytest
from nats.aio.client import Client
from typer.testing import CliRunner

from cli.main import app
from contracts.messages.ids import EventId, Publisher, RecipientId
from contracts.messages.outcome import Effect, meant
from contracts.messages.rpc import (
    EventAnswer,
    EventQuery,
    IssueClaim,
    Issued,
    Refused,
    RevokeClaim,
    StatusQuery,
)
from contracts.messages.stage import StageEvent
from runtime.clock import SystemClock
from services.tracker.domain.batch import Source
from services.tracker.domain.ownership import Grant, Pair
from services.tracker.following.claims import FOREIGN
from services.tracker.intake.decoding import arrival
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from services.tracker.operators.dead_letters import DeadLetters
from services.tracker.operators.publishers import Publishers
from services.tracker.operators.rebuild import rebuild
from services.tracker.operators.withdrawal import Withdrawals
from services.tracker.store import applications as store
from tests.conftest import Databases
from tests.integration.tracker.conftest import (
    NOON,
    Tracker,
    catalogue,
    claim,
    key,
    other,
    outcomes,
    pool,
    running,
    stage_event,
    tracker,
)
from tests.waiting import until

__all__ = ["catalogue", "other", "pool", "tracker"]
OFFICE, THIEF = Publisher("office"), Publisher("thief")


def stolen(event_id: str, stage: str = "rejected", *, application: int = 0) -> StageEvent:
    """Return an event that is signed with the key of another publisher."""
    return stage_event(event_id, stage, application=application, publisher=THIEF, occurred_at=NOON)


def forged(application: int = 0, receipt: str = "forged") -> IssueClaim:
    """Return a receipt of another publisher."""
    return claim(f"{receipt:_<22}", application, receipt).model_copy(update={"publisher": THIEF})


async def owner(tracker: Tracker, application: int = 0) -> str | None:
    found: str | None = await tracker.pool.fetchval(
        "SELECT owner FROM application WHERE application_key = $1", key(application)
    )
    return found


async def replay(tracker: Tracker) -> None:
    """Send again what was refused, as an operator does, and take it in as it comes from the stream."""
    desk = DeadLetters(tracker.pool, SystemClock(), "test")
    await desk.replay([one.id for one in await desk.open(Effect.REFUSED, 10_000)])
    rows = await tracker.pool.fetch(
        "DELETE FROM outbox WHERE subject = 'docwatch.stage.v1' RETURNING payload, created_at"
    )
    await tracker.take(*(row["payload"] for row in rows))


async def test_a_strangers_event_changes_nothing_and_tells_nobody(tracker: Tracker) -> None:
    """It is refused, once however often it comes; state, history and revisions stay as they are."""
    who = RecipientId(uuid4())
    await tracker.redeem(await tracker.issue(), who)
    await tracker.take(stage_event("mine"))
    before = await tracker.pool.fetchrow("SELECT * FROM application")
    arrivals = tracker.arrivals(stolen("rejected"), stolen("printed", "printing"))
    for _ in range(3):
        await tracker.intake.take(arrivals)
    answer = await tracker.following.status(StatusQuery(recipient_id=who))

    assert [one.stage for one in answer.followed] == ["accepted"]
    assert await tracker.pool.fetchrow("SELECT * FROM application") == before
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice") == 1
    assert await tracker.books() == {"advance": 1, "refused": 2}
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_a_batch_refuses_only_what_is_foreign(tracker: Tracker) -> None:
    """In one batch the first in the order of the stream owns, and each publisher's own go on."""
    await tracker.take(
        stage_event("mine"),
        stolen("theirs"),
        stolen("own", "accepted", application=1),
        stage_event("not mine", application=1),
        stage_event("next", "printing"),
    )

    assert [await owner(tracker, one) for one in range(2)] == ["office", "thief"]
    assert await tracker.books() == {"advance": 3, "refused": 2}


async def test_the_feed_and_the_event_tell_who_was_refused(
    databases: Databases, nats_url: str, nats_client: Client, tracker: Tracker
) -> None:
    """The outcome says that the event was refused and why, without whose the application is."""
    await tracker.take(stage_event("mine"), stolen("theirs"))
    async with running(databases, nats_url):
        await until(lambda: _told(nats_client, 2), within=20)
    said = {one.event_id: (meant(one.effect, one.problem), one) for one in await outcomes(nats_client)}
    effect, outcome = said[EventId("theirs")]
    answer = await tracker.questions.event(EventQuery(publisher=THIEF, event_id=EventId("theirs")))

    assert (Effect.REFUSED, "foreign", 0) == (effect, outcome.problem, outcome.notices)
    assert isinstance(answer, EventAnswer)
    assert (Effect.REFUSED, "foreign") == (meant(answer.effect, answer.problem), answer.problem)
    assert "office" not in outcome.encoded().decode()


async def _told(client: Client, most: int) -> bool:
    return len(await outcomes(client)) >= most


async def test_a_strangers_receipt_is_refused(tracker: Tracker) -> None:
    """Neither by an event nor by a receipt is an application named by another one, and no claim is made."""
    await tracker.take(stage_event("mine"))
    await tracker.issue(1)
    answers = [await tracker.claims.issue(forged(number, f"r{number}")) for number in range(2)]

    assert answers == [FOREIGN, FOREIGN]
    assert await tracker.pool.fetchval("SELECT count(*) FROM claim WHERE publisher = 'thief'") == 0


async def test_what_was_refused_takes_effect_after_a_grant(tracker: Tracker) -> None:
    """Granted to the publisher and replayed, an event is taken in once, in its place, and people are told."""
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("mine"), stage_event("printed", "printing", publisher=THIEF))
    desk = Publishers(tracker.pool, SystemClock(), "test")
    await replay(tracker)
    before = await tracker.books()
    granted = [await desk.grant([Pair(OFFICE, THIEF)]) for _ in range(2)]
    await replay(tracker)
    await replay(tracker)
    stage = await tracker.pool.fetchval("SELECT stage FROM application")
    open_ones = await DeadLetters(tracker.pool, SystemClock(), "test").open(Effect.REFUSED, 10)

    assert before == {"advance": 1, "refused": 2}
    assert granted == [[Pair(OFFICE, THIEF)], []]
    assert (stage, open_ones) == ("printing", [])
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice") == 2
    assert await tracker.claims.issue(forged()) == Issued(created=True)


async def test_a_grant_goes_one_way_and_no_further(tracker: Tracker) -> None:
    """Who may write another's applications gives away nothing of its own, and nothing of a third one's."""
    await tracker.take(stage_event("mine"), stolen("own", application=1))
    await tracker.take(stage_event("third", application=2, publisher="third"))
    await Publishers(tracker.pool, SystemClock(), "test").grant([Pair(OFFICE, THIEF)])
    await tracker.take(stolen("w"), stage_event("back", application=1), stolen("on", application=2))

    assert (await tracker.books())["refused"] == 2
    assert {row["event_id"] for row in await tracker.pool.fetch("SELECT event_id FROM event")} == {
        *("mine", "own", "third", "w")
    }


async def test_two_first_at_once_have_one_owner(tracker: Tracker, other: Tracker) -> None:
    """Whatever two publishers send at once in two processes, one of them owns all that was taken in."""
    chance = Random(1)  # noqa: S311 - orders, no secret
    for number in range(25):
        calls = [
            tracker.take(stage_event(f"o{number}", application=number)),
            other.take(stolen(f"t{number}", "accepted", application=number)),
            tracker.claims.issue(claim(f"{number:_<22}", number, f"r{number}")),
            other.claims.issue(forged(number, f"t{number}")),
        ]
        chance.shuffle(calls)
        await asyncio.gather(*calls)
    named = await tracker.pool.fetch(
        "SELECT application_key, owner, e.publisher AS event, c.publisher AS receipt FROM application"
        " JOIN event e USING (application_key) JOIN claim c USING (application_key)"
    )

    assert len(named) == 25
    assert all(row["owner"] == row["event"] == row["receipt"] for row in named)
    assert (await tracker.books())["refused"] == 25


async def test_grants_and_revocations_race_events(tracker: Tracker, other: Tracker) -> None:
    """Each event ends once, those after a revocation that returned are refused, and a replay leaves none."""
    desk = Publishers(tracker.pool, SystemClock(), "test")
    pair, applications = [Pair(OFFICE, THIEF)], 10
    await tracker.take(*(stage_event(f"o{one}", application=one) for one in range(applications)))

    async def send(which: Tracker, name: str) -> None:
        for number in range(40):
            await which.take(stolen(f"{name}{number}", "printing", application=number % applications))

    async def decide() -> None:
        for _ in range(10):
            await desk.grant(pair)
            await asyncio.sleep(0)  # a turn for those who send
            await desk.revoke(pair)

    await asyncio.gather(send(tracker, "a"), send(other, "b"), decide())
    during = await tracker.books()
    await tracker.take(stolen("late"))
    after = await tracker.books()
    await desk.grant(pair)
    await replay(tracker)
    pages = [page async for page in rebuild(tracker.pool, actor="test", dry_run=True)]

    assert during.total() == applications + 80
    assert after - during == {"refused": 1}
    assert await tracker.pool.fetchval("SELECT count(*) FROM event WHERE publisher = 'thief'") == 81
    assert [one for page in pages for one in page.differences] == []
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_a_revocation_waits_for_the_batches_that_saw_the_grant(tracker: Tracker) -> None:
    """When a revocation returns, nothing that it ends is under way any more."""
    desk = Publishers(tracker.pool, SystemClock(), "test")
    await desk.grant([Pair(OFFICE, THIEF)])
    async with tracker.pool.acquire() as batch:
        under_way = batch.transaction()
        await under_way.start()
        await store.grants(batch, {Grant(OFFICE, THIEF, key())})
        revoking = asyncio.ensure_future(desk.revoke([Pair(OFFICE, THIEF)]))
        await until(lambda: _waits(tracker), within=20)
        still = revoking.done()
        await under_way.commit()

    assert not still
    assert await revoking == [Pair(OFFICE, THIEF)]


async def _waits(tracker: Tracker) -> bool:
    found: bool = await tracker.pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock')"
    )
    return found


async def test_an_application_named_only_by_the_thief_is_free_after_a_withdrawal(tracker: Tracker) -> None:
    """Numbers taken before their time come back with the withdrawal, and the office names them itself."""
    await tracker.take(stolen("squat"), stolen("squat too", application=1))
    await tracker.claims.issue(forged(1))
    async for _ in Withdrawals(tracker.pool, SystemClock(), "test").withdraw(THIEF, NOON):
        pass
    owners = [await owner(tracker, one) for one in range(2)]
    await tracker.take(stage_event("mine"), stolen("again"), stage_event("not mine", application=1))

    assert owners == [None, "thief"]
    assert await owner(tracker) == "office"
    assert await tracker.books() == {"advance": 3, "refused": 2}


async def test_a_row_without_an_owner_belongs_to_its_history(tracker: Tracker) -> None:
    """What a version without owners made meanwhile is not free for the first who comes."""
    await tracker.take(stage_event("mine"))
    await tracker.pool.execute("UPDATE application SET owner = NULL")
    await tracker.take(stolen("theirs"))
    refused = await tracker.claims.issue(forged())
    await tracker.take(stage_event("next", "printing"))

    assert refused == FOREIGN
    assert (await owner(tracker), await tracker.books()) == ("office", Counter(advance=2, refused=1))


async def test_a_stream_read_again_refuses_the_same(tracker: Tracker) -> None:
    """What was refused and is delivered again under its own sequence makes no second row and no outcome."""
    await tracker.take(stage_event("mine"))
    payload = stolen("theirs").encoded()
    message = arrival(Source("STAGES", 77, payload), tracker.catalogue)
    for _ in range(2):
        await tracker.intake.take([message, message])
    said = await tracker.pool.fetchval("SELECT count(*) FROM outbox WHERE subject = 'docwatch.outcome.v1'")

    assert (await tracker.books(), said) == (Counter(advance=1, refused=1), 2)


async def test_operators_grant_revoke_and_list(
    tracker: Tracker, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group shares both ways, an owner one way; each change is listed and in the audit."""
    monkeypatch.setenv("DOCWATCH_DATABASE_URL", databases.url("tracker"))

    async def run(*arguments: str) -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["publishers", *arguments])
        return result.exit_code, result.output

    both = json.loads((await run("grant", "office", "printer", "--json"))[1])
    one_way = json.loads((await run("grant", "courier", "--on", "office", "--json"))[1])
    again = json.loads((await run("grant", "printer", "office", "--json"))[1])
    listed = json.loads((await run("list", "--json"))[1])
    table = (await run("list"))[1]
    await run("revoke", "printer", "--on", "office")
    left = json.loads((await run("list", "--json"))[1])
    wrong = [(await run(*some))[0] for some in (["grant", "office"], ["grant", "a b", "office"])]
    done = await tracker.pool.fetch("SELECT action, detail FROM audit ORDER BY number")

    assert [len(some["granted"]) for some in (both, one_way, again)] == [2, 1, 0]
    assert [(row["owner"], row["publisher"]) for row in listed] == [
        ("office", "courier"),
        ("office", "printer"),
        ("printer", "office"),
    ]
    assert "courier" in table
    assert [(row["owner"], row["publisher"]) for row in left] == [
        ("office", "courier"),
        ("printer", "office"),
    ]
    assert wrong == [1, 1]
    assert [(row["action"], row["detail"]) for row in done] == [
        ("publishers grant", "printer on what office owns"),
        ("publishers grant", "office on what printer owns"),
        ("publishers grant", "courier on what office owns"),
        ("publishers revoke", "printer on what office owns"),
    ]


async def test_a_refused_receipt_can_neither_be_revoked_nor_used(tracker: Tracker) -> None:
    """A receipt that was refused left nothing behind."""
    await tracker.take(stage_event("mine"))
    await tracker.claims.issue(forged())
    revoked = await tracker.claims.revoke(RevokeClaim(publisher=THIEF, receipt_id="forged"))
    rows = await tracker.pool.fetchval("SELECT count(*) FROM claim")

    assert isinstance(revoked, Refused)
    assert rows == 0
