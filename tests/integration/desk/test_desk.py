"""A whole desk: it takes questions in, publishes what editors change, and refuses to start on drift."""

import asyncio

import asyncpg
import pytest
from nats.aio.client import Client

from contracts.messages.dead import DEAD_LETTER
from contracts.messages.desk.question import QuestionKind
from contracts.streams import DEAD, DESK_QUESTIONS, KNOWLEDGE
from runtime.clock import SystemClock
from runtime.database.postgres import Pool, open_pool
from runtime.errors import StartError
from runtime.messaging.buckets import BucketWriter
from runtime.messaging.replay import behind
from services.desk.knowledge.answers import Answers, ChangedMeanwhileError
from services.desk.knowledge.records import Records
from tests.conftest import Databases
from tests.integration.desk.conftest import NOON, answer, publish, question, running, told
from tests.waiting import until

MISSED = QuestionKind.MISSED


async def test_questions_come_in_and_changes_go_out(
    databases: Databases, nats_url: str, nats_client: Client, pool: Pool, bucket: BucketWriter
) -> None:
    """With two desks at once every question counts once, and a change is in the bucket at once."""
    answers = Answers(pool, SystemClock())
    await answers.change({"early": answer("early")}, 0, "editor")
    async with running(databases, nats_url), running(databases, nats_url):

        async def early() -> bool:
            return set(await told(bucket)) == {"early"}

        await until(early)
        asked = [question(MISSED, text="where is the cellar") for _ in range(50)]
        await publish(nats_client, *asked, *asked)
        await answers.change({"late": answer("late")}, 1, "editor")

        async def all_there() -> bool:
            return set(await told(bucket)) == {"early", "late"} and not await behind(
                nats_client, DESK_QUESTIONS
            )

        await until(all_there)

    assert [50] == [one.count for one in await Records(pool).counted(NOON.date())]


async def test_what_cannot_be_read_is_kept_as_dead(
    databases: Databases, nats_url: str, nats_client: Client, pool: Pool
) -> None:
    """Messages that say nothing we know, or come from no time of ours, end among the dead; others count."""
    later = question().encoded().replace(b"understood", b"wondered")
    last = question().encoded().replace(b"2026-03-02T12", b"9999-12-31T23")
    async with running(databases, nats_url):
        await publish(nats_client, b"{", question(), later, last)
        js = nats_client.jetstream()

        async def done() -> bool:
            state = (await js.stream_info(DEAD.name)).state
            return state.messages >= 3 and not await behind(nats_client, DESK_QUESTIONS)

        await until(done)
        letters = [
            DEAD_LETTER.validate_json((await js.get_msg(DEAD.name, at)).data or b"") for at in (1, 2, 3)
        ]

    assert {b"{", later, last} == {one.payload for one in letters}
    assert [1] == [one.count for one in await Records(pool).counted(NOON.date())]


@pytest.mark.parametrize("missing", ["bucket", "consumer"])
async def test_it_refuses_to_start_on_drift(
    databases: Databases, nats_url: str, nats_client: Client, missing: str
) -> None:
    """Without its bucket or its consumer the desk says what is missing and what to run."""
    js = nats_client.jetstream()
    if missing == "bucket":
        await js.delete_stream(KNOWLEDGE.stream)
    else:
        await js.delete_consumer(DESK_QUESTIONS.stream, DESK_QUESTIONS.durable)

    with pytest.raises(StartError, match=f"{missing} .* does not exist; run: docwatch provision"):
        async with running(databases, nats_url):
            pass


async def test_of_two_editors_the_second_looks_again(pool: Pool, databases: Databases) -> None:
    """Who proposed a change upon what has changed since is refused; each version is in the history."""
    answers = Answers(pool, SystemClock())
    async with open_pool(databases.url("desk"), "desk") as another:
        other = Answers(another, SystemClock())
        results = await asyncio.gather(
            answers.change({"fee": answer("fee", topic="one")}, 0, "first"),
            other.change({"fee": answer("fee", topic="two")}, 0, "second"),
            return_exceptions=True,
        )
    refused = [one for one in results if isinstance(one, ChangedMeanwhileError)]
    history = await answers.history("fee")

    assert 1 == len(refused)
    assert [(1, "released")] == [(one.version, one.action) for one in history]
    assert history[0].author == ("first" if results[0] not in refused else "second")


async def test_versions_go_on_after_a_drop(pool: Pool) -> None:
    """An answer that comes back has a higher version than it ever had, and its past can be read."""
    answers = Answers(pool, SystemClock())
    await answers.change({"fee": answer()}, 0, "one")
    await answers.change({"fee": None}, 1, "two")
    await answers.change({"fee": answer(withdrawn=True)}, 2, "three")

    assert [(3, "three", "withdrawn"), (2, "two", "dropped"), (1, "one", "released")] == [
        (one.version, one.author, one.action) for one in await answers.history("fee")
    ]
    assert {"withdrawn": 1} == await answers.count()


@pytest.mark.parametrize(
    "statement", ["UPDATE answer_version SET author = 'x'", "DELETE FROM answer_version"]
)
async def test_nobody_changes_the_history(pool: Pool, databases: Databases, statement: str) -> None:
    """Neither the desk's own role nor the owner of the tables changes what was written."""
    await Answers(pool, SystemClock()).change({"fee": answer()}, 0, "one")
    admin = await asyncpg.connect(databases.admin, server_settings={"search_path": "desk"})
    try:
        for connection in (pool, admin):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await admin.close()
