"""Operators hold an account back: answers go out, nothing else; of what waited the newest goes out once."""

import asyncio
import json
import random
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from contracts.messages.notice import Notice
from runtime.database import audit
from services.notifier.delivery.upkeep import gauges
from services.notifier.domain.incoming import Said
from services.notifier.operators.accounts import Accounts, UnknownAccountError
from tests.conftest import Databases
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import CLOCK, World, notice
from tests.waiting import until

ACCOUNT = "telegram"


def operators(world: World) -> Accounts:
    """What an operator does."""
    return Accounts(world.pool, CLOCK, "operator test")


async def known(world: World) -> None:
    """Let the account be known as a notifier makes it known."""
    await world.pool.execute("INSERT INTO account (name) VALUES ($1)", ACCOUNT)


async def test_a_pause_holds_what_we_begin_and_answers_go_out(world: World) -> None:
    """While an account is paused no notice is claimed, and whoever writes is answered."""
    await known(world)
    told = notice(await world.person("7"))
    assert await operators(world).pause(ACCOUNT, "wrong texts")
    await world.keep(told)

    async with world.sending(await world.lease()):
        await world.updates().take([did(1, Said("/help"))])
        world.tools.wake.set()
        await world.channel.began.wait()
        await until(
            lambda: world.pool.fetchval("SELECT bool_and(state = 'accepted') FROM delivery WHERE class = 0")
        )
        during = world.channel.texts("7")
        assert 1 == await operators(world).resume(ACCOUNT)
        world.tools.wake.set()
        await world.ended(told.notice_id)

    assert not any("verification" in text for text in during)
    assert "accepted" == await world.state(told.notice_id)


async def test_of_what_waited_only_the_newest_goes_out(world: World) -> None:
    """After a pause people hear where each document stands, not its way there, and other documents too."""
    await known(world)
    person = await world.person("7")
    document, other = uuid4(), notice(person)
    older, newer = (notice(person, subscription=document, revision=number) for number in (1, 2))
    await operators(world).pause(ACCOUNT, "a test")
    await world.keep(older, newer, other)
    await operators(world).resume(ACCOUNT)

    async with world.sending(await world.lease()):
        await world.ended(older.notice_id, newer.notice_id, other.notice_id)

    states = [await world.state(one.notice_id) for one in (older, newer, other)]
    assert ["superseded", "accepted", "accepted"] == states
    assert 2 == len(world.channel.texts("7"))


async def test_a_pause_is_of_one_account(world: World) -> None:
    """A pause of another account holds nothing here."""
    await known(world)
    await world.pool.execute("INSERT INTO account (name) VALUES ('telegram.second')")
    await operators(world).pause("telegram.second", "a test")
    told = notice(await world.person("7"))
    await world.keep(told)

    async with world.sending(await world.lease()):
        await world.ended(told.notice_id)

    assert "accepted" == await world.state(told.notice_id)


async def test_pauses_under_load_lose_and_double_nothing(world: World) -> None:
    """However often an account is paused while notices come, each ends, none is doubled or out of order."""
    await known(world)
    chance = random.Random(7)  # noqa: S311 - pauses that can be repeated
    people = [await world.person(str(number)) for number in range(100, 120)]
    documents = {person: uuid4() for person in people}
    told: list[Notice] = []
    async with world.sending(await world.lease()):
        for revision in range(1, 31):
            batch = [notice(one, subscription=documents[one], revision=revision) for one in people]
            told += batch
            await world.keep(*batch)
            if chance.random() < 0.4:
                await operators(world).pause(ACCOUNT, "a test")
            elif chance.random() < 0.6:
                await operators(world).resume(ACCOUNT)
            world.tools.wake.set()
        await operators(world).resume(ACCOUNT)
        world.tools.wake.set()
        await world.ended(*(one.notice_id for one in told))

    ends = {row["state"] for row in await world.pool.fetch("SELECT DISTINCT state FROM delivery")}
    assert ends <= {"accepted", "superseded"}
    for number in range(100, 120):
        heard = [int(text.split()[-2]) for text in world.channel.texts(str(number))]
        assert sorted(set(heard)) == heard
        assert 30 == heard[-1]


async def test_what_waits_beyond_a_batch_is_held_as_a_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that waited is marked, however much that is, and counts its wait from then on."""
    monkeypatch.setattr("services.notifier.operators.accounts.BATCH", 3)
    await known(world)
    told = [notice(await world.person(str(number))) for number in range(10)]
    await operators(world).pause(ACCOUNT, "a test")
    await world.keep(*told)
    await world.pool.execute("UPDATE delivery SET due_at = due_at - interval '1 hour'")
    begun = datetime.now(UTC)

    assert 10 == await operators(world).resume(ACCOUNT)

    rows = await world.pool.fetch("SELECT held, due_at FROM delivery")
    assert all(row["held"] for row in rows)
    assert (begun - min(row["due_at"] for row in rows)).total_seconds() < 60


async def test_the_gauge_says_who_is_held_back(world: World) -> None:
    """What operators hold back is seen in the metrics of any notifier, and that it is so no more."""
    await known(world)
    queues = gauges.Queues(world.pool, world.metrics, [])
    values = []
    await operators(world).pause(ACCOUNT, "a test")
    await queues.count_open()
    values.append(world.measured("account_paused"))
    await operators(world).resume(ACCOUNT)
    await queues.count_open()
    values.append(world.measured("account_paused"))

    assert [1, 0] == values


async def test_an_account_that_nobody_knows_is_named(world: World) -> None:
    """A name mistyped changes nothing and says which accounts there are."""
    await known(world)
    with pytest.raises(UnknownAccountError, match="there are: telegram"):
        await operators(world).pause("telegramm", "a test")


async def test_operators_see_and_do_it_on_the_command_line(
    world: World, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list shows who sends, what waits and why an account is held back; the audit who did it."""
    monkeypatch.setenv("DOCWATCH_DATABASE_URL", databases.url("notifier"))

    async def run(*words: str) -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        return result.exit_code, result.stdout

    await world.lease("host:1:abc")
    await world.keep(notice(await world.person("7")))
    assert 2 == (await run("channels", "pause", ACCOUNT))[0]
    assert (0, "telegram is paused\n") == await run("channels", "pause", ACCOUNT, "--reason", "wrong texts")
    assert "already" in (await run("channels", "pause", ACCOUNT, "--reason", "again"))[1]
    [listed] = json.loads((await run("channels", "list", "--json"))[1])
    shown = (await run("channels", "list"))[1]
    status, said = await run("channels", "resume", ACCOUNT, "--json")
    entries = await audit.entries(world.pool, before=None, action=None, limit=9)

    assert ("telegram", "host:1:abc", 1) == (listed["account"], listed["holder"], listed["waiting"])
    assert "wrong texts" == listed["paused"]["why"]
    assert "paused since" in " ".join(shown.split())
    assert (0, {"account": ACCOUNT, "messages": 1}) == (status, json.loads(said))
    assert 1 == (await run("channels", "resume", ACCOUNT))[0]
    assert [("resume", "telegram: 1 messages"), ("pause", "telegram: wrong texts")] == [
        (entry.action, entry.detail) for entry in entries
    ]
