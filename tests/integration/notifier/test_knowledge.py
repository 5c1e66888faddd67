"""The bucket of the staff's answers, as the notifier follows it: over a real NATS, away, made anew."""

import asyncio
import gc
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import nats
from nats.aio.client import Client
from nats.js.api import KeyValueConfig
from nats.js.errors import NotFoundError

from contracts.catalogue import Phrasing
from contracts.knowledge import Answer
from contracts.messages.desk.question import QUESTION, QuestionKind
from contracts.streams import KNOWLEDGE, QUESTION_SUBJECT, Bucket
from runtime.clock import SystemClock
from services.notifier.domain.incoming import Incoming, Said, Tapped
from services.notifier.knowledge.following import follow
from services.notifier.knowledge.index import Breathe, Index
from services.notifier.knowledge.library import Library
from tests.integration.notifier.test_capabilities import FOLLOWED, TALKING, Chat, text
from tests.integration.notifier.world import CLOCK, World
from tests.intents import ANSWERING, SAMPLE
from tests.waiting import until

FEE = SAMPLE.answers["fee"]
DEAREST = FEE.model_copy(update={"text": {"en": "It is free this week."}, "version": 1})
MARS = FEE.model_copy(
    update={
        "id": "mars",
        "questions": {"en": ("do you issue passports for mars",)},
        "text": {"en": "Not yet."},
    }
)
MOST_SECONDS_HELD = 0.1


def library() -> Library:
    """Two answers of the sample agency, with nothing above them and nobody's phrasings beside them."""
    own = {code: SAMPLE.answers[code] for code in ("fee", "child")}
    return Library(own, small(own), small, SystemClock())


def small(answers: Mapping[str, Answer], breathe: Breathe | None = None) -> Index:
    """An index of answers alone."""
    return Index.of(Phrasing(), answers, (), breathe)


@asynccontextmanager
async def following(client: Client, held: Library, bucket: Bucket = KNOWLEDGE) -> AsyncIterator[None]:
    """The library kept as the bucket is."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(held.run(stop))
        group.create_task(follow(client, bucket, held, stop))
        try:
            yield
        finally:
            stop.set()


async def bucket(client: Client) -> Callable[[Answer], Awaitable[int]]:
    """Make the bucket anew, empty; return what puts an answer into it."""
    jetstream = client.jetstream()
    with suppress(NotFoundError):
        await jetstream.delete_key_value(KNOWLEDGE.name)
    made = await jetstream.create_key_value(KeyValueConfig(bucket=KNOWLEDGE.name))
    return lambda answer: made.put(answer.id, answer.model_dump_json().encode())


async def told(held: Library, code: str, text: str | None) -> None:
    """Wait until an answer says this."""

    async def says() -> bool:
        return text_of(held, code) == text

    await until(says, within=60)


def text_of(held: Library, code: str) -> str | None:
    """What an answer says now."""
    found = held.index.answers.get(code)
    return None if found is None else found.text.get("en")


async def test_changes_are_followed(nats_client: Client) -> None:
    """What stands in the bucket holds above the agency's own: at the start, added, changed, deleted."""
    put, held = await bucket(nats_client), library()
    await put(DEAREST)
    async with following(nats_client, held):
        await told(held, "fee", "It is free this week.")
        await put(MARS)
        await told(held, "mars", "Not yet.")
        jetstream = await nats_client.jetstream().key_value(KNOWLEDGE.name)
        await jetstream.delete("fee")
        await jetstream.delete("mars")
        await told(held, "mars", None)
        await told(held, "fee", FEE.text["en"])
        await put(DEAREST.model_copy(update={"withdrawn": True}))
        await told(held, "fee", None)


async def test_what_cannot_be_read_is_passed_over(nats_client: Client) -> None:
    """Rubbish under a key, or an answer under another's, leaves the agency's own; the rest goes on."""
    put, held = await bucket(nats_client), library()
    jetstream = await nats_client.jetstream().key_value(KNOWLEDGE.name)
    await jetstream.put("fee", b"\xff{")
    await jetstream.put("child", DEAREST.model_dump_json().encode())
    await put(MARS)
    async with following(nats_client, held):
        await told(held, "mars", "Not yet.")

    assert FEE.text["en"] == text_of(held, "fee")
    assert SAMPLE.answers["child"].text["en"] == text_of(held, "child")


async def test_a_bucket_that_comes_later(nats_client: Client) -> None:
    """Without a bucket the agency's own answers hold; made later, it is followed from then on."""
    await bucket(nats_client)
    await nats_client.jetstream().delete_key_value(KNOWLEDGE.name)
    held = library()
    async with following(nats_client, held):
        assert FEE.text["en"] == text_of(held, "fee")
        put = await bucket(nats_client)
        await put(MARS)
        await told(held, "mars", "Not yet.")


async def test_nats_away_keeps_what_was_read(nats_url: str) -> None:
    """A connection that never comes about leaves the library as it is, and ends nothing."""
    held, stop = library(), asyncio.Event()
    client = await nats.connect(nats_url, allow_reconnect=False, error_cb=_pass)
    await client.close()
    following = asyncio.ensure_future(follow(client, KNOWLEDGE, held, stop))
    done, _ = await asyncio.wait({following}, timeout=0.2)

    assert (set(), FEE.text["en"]) == (done, text_of(held, "fee"))

    stop.set()
    await asyncio.wait_for(following, 5)


async def _pass(_: Exception) -> None:
    """Take no notice."""


def test_nothing_is_held_for_long() -> None:
    """Making 1,000 answers ready, and giving them up, lets others compute at least every tenth of a second.

    It is measured in the CPU time between two breaths, so that a busy machine changes nothing. Meanwhile
    Python changes threads every five thousandths.
    """
    words = [
        f"{one}{other}" for one in ("pass", "card", "office", "wait") for other in ("port", "days", "fee")
    ]
    many = {}
    for number in range(1000):
        said = [f"{words[number % 12]} {words[step]} {chr(97 + number % 26)}{number}" for step in range(3)]
        many[f"a{number}"] = MARS.model_copy(update={"id": f"a{number}", "questions": {"en": tuple(said)}})
    gc.freeze()  # a collection goes through all that this process of many tests holds besides
    breaths = [time.thread_time()]

    index = small(many, lambda: breaths.append(time.thread_time()))
    index.base.dismantle(lambda: breaths.append(time.thread_time()))
    breaths.append(time.thread_time())

    assert 1000 == len(index.answers)
    assert max(after - before for before, after in itertools.pairwise(breaths)) <= MOST_SECONDS_HELD


async def test_questions_are_told_and_counted(world: World) -> None:
    """What became of a question goes to the desk once, by the outbox, without who asked; and is counted."""
    handler = replace(world.updates().handler, intents=ANSWERING)
    said = [
        Incoming("901", "42", private=True, language="en", at=CLOCK.now(), body=body)
        for body in (Said("how much does a passport cost"),)
    ]
    missed = Incoming(
        "902", "42", private=True, language="en", at=CLOCK.now(), body=Said("bulb 12345 pharmacy")
    )
    yes = Incoming("903", "42", private=True, language="en", at=CLOCK.now(), body=Tapped("ay:fee", "17", "q"))
    own = replace(missed, update="904", body=Said("where is my passport"))
    for one in (*said, *said, missed, yes, own):
        await handler.handle(one)

    rows = await world.pool.fetch(
        "SELECT payload FROM outbox WHERE subject = $1 ORDER BY created_at", QUESTION_SUBJECT
    )
    told = [QUESTION.validate_json(row["payload"]) for row in rows]

    assert [
        QuestionKind.UNDERSTOOD,
        QuestionKind.MISSED,
        QuestionKind.CONFIRMED,
        QuestionKind.UNDERSTOOD,
    ] == [one.kind for one in told]
    assert [("fee", None), (None, None), ("fee", None), (None, "where")] == [
        (one.answer, one.topic) for one in told
    ]
    assert [None, "bulb … pharmacy", None, None] == [one.text for one in told]
    assert all(b"42" not in bytes(row["payload"]).split(b'"at"')[0].split(b'"kind"')[1] for row in rows)
    counted = world.metrics.of("telegram").questions
    assert 1 == counted.labels(kind="confirmed", language="en", topic="payment")._value.get()


async def test_what_else_may_be_meant_stands_below_what_was_done(world: World) -> None:
    """A near intent is acted on and the other meanings are offered below, once; a clear one comes alone."""
    await world.person("7")
    world.tracker.followed = (FOLLOWED,)
    chat = Chat(world, TALKING["everything"], intents=ANSWERING)

    near = await chat.does(Said("what's the status of my application"))
    other = await chat.does(Tapped(near[-1].buttons[0][0].data, "55", "q"))
    clear = await chat.does(Said("where is my passport"))

    assert 2 == len(near)
    assert "…123" in near[0].shown
    assert "If you meant something else:" == near[1].shown
    assert SAMPLE.answers["stuck"].text["en"].split("\n")[0] in text(other)
    assert ["…123" in one.shown for one in clear] == [True]
    counted = world.metrics.of("telegram").questions
    assert 2 == counted.labels(kind="understood", language="en", topic="where")._value.get()
