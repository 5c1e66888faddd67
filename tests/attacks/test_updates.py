"""Updates that are made to hurt: whoever sends one is answered or passed over, and nobody else notices."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot

from contracts.messages.rpc import StatusAnswer
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.transport import AiohttpRequest, Timeouts, _wait
from services.notifier.channels.telegram.updates import incoming_of
from services.notifier.conversation import planner, replies
from services.notifier.conversation.handler import Handler
from services.notifier.domain.actions import Known
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Document,
    Incoming,
    Photo,
    Said,
    Tapped,
    Unsupported,
)
from services.notifier.domain.results import Accepted, NotSent, Permanent, Result, Throttled
from services.notifier.inbound import updates
from services.notifier.inbound.chat_locks import ChatLocks
from services.notifier.inbound.flood_limit import FloodLimit
from services.notifier.wording.i18n import Voice
from tests.attacks.heartbeat import Heartbeat
from tests.integration.notifier.test_inbound import waiting_answers
from tests.integration.notifier.world import ScriptedTracker, World, notice
from tests.intents import INTENTS
from tests.waiting import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONGEST_HOLD = 0.25
ENDLESS = (
    "a " * 2048,
    "1 " * 2048,
    "e\u0301\u0323" * 1300,
    "\ufdfa" * 4096,
    "?start=" * 580,
    "/start" + " " * 4000,
    "документт " * 400,
    "\u200b" * 4096,
    "\x00" * 4096,
    "-" * 4096,
    "🙂" * 4096,
)


def did(update: int, body: Body, address: str = "7", *, private: bool = True) -> Incoming:
    return Incoming(str(update), address, private=private, language="en", at=datetime.now(UTC), body=body)


@pytest.fixture(scope="module")
def bot() -> Bot:
    """A bot that never calls anybody."""
    request = AiohttpRequest(Timeouts())
    return Bot("1:x", "http://localhost/bot", request=request, get_updates_request=request)


def message(number: int = 9, content: Mapping[str, object] | None = None) -> dict[str, object]:
    said = {
        "message_id": 7,
        "date": int(NOW.timestamp()),
        "chat": {"id": 42, "type": "private"},
        "from": {"id": 42, "is_bot": False, "first_name": "O", "language_code": "uk"},
        **(content or {}),
    }
    return {"update_id": number, "message": said}


@pytest.mark.parametrize("number", [2**63 - 1, 2**64, 10**4000, -1])
def test_a_number_that_no_table_holds_is_no_update(bot: Bot, number: int) -> None:
    """An update whose number is out of range is refused before anything is asked of the database."""
    with pytest.raises(ValueError, match=r"range|limit"):
        incoming_of(message(number), bot, NOW)


@pytest.mark.parametrize("number", [2**63 - 1, 2**70, True, "7", None])
async def test_an_answer_full_of_no_updates_is_waited_out(
    number: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be confirmed comes again at once, so it is asked for again only after a pause."""
    given: list[object] = [{"update_id": number}, 5]

    async def call(*_: object, **__: object) -> list[object]:
        return given

    monkeypatch.setattr(TelegramChannel, "_call", call)
    async with TelegramChannel.open("1:x", "http://localhost") as channel:
        with pytest.raises(ChannelDownError):
            await channel.fetch(None, 0)
        given.append(message(9, {"text": "x"}))
        found = await channel.fetch(None, 0)

    assert ["9"] == [one.update for one in found]


@pytest.mark.parametrize(("said", "seconds"), [("1e300", 86_400), (-5, 1), ("nan", 1), ("inf", 1), (7, 7)])
def test_a_pause_that_a_messenger_asks_for_has_its_bounds(said: object, seconds: float) -> None:
    """A wait that no table holds is cut to a day."""
    assert seconds == _wait(said)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ({"text": "x" * 100_000}, Said("x" * 4096)),
        ({"document": {"file_id": "f\0", "file_unique_id": "u", "mime_type": "image/png"}}, "unreadable"),
        (
            {"document": {"file_id": "f" * 9000, "file_unique_id": "u", "mime_type": "image/png"}},
            "unreadable",
        ),
        (
            {"document": {"file_id": "f", "file_unique_id": "u", "mime_type": "image/gif"}},
            Document("f", None, ""),
        ),
        (
            {"document": {"file_id": "f", "file_unique_id": "u", "file_name": "a.exe" * 9999}},
            Document("f", None, ""),
        ),
        ({"chat": {"id": 10**30, "type": "private"}, "text": "x"}, "unreadable"),
        ({"date": 10**18, "text": "x"}, "unreadable"),
        ({"date": "x", "text": "x"}, "unreadable"),
    ],
)
def test_what_people_make_too_large_is_cut_or_refused(
    bot: Bot, content: dict[str, object], body: object
) -> None:
    """Texts are cut; names, numbers and files that cannot be the messenger's own become unreadable."""
    found = incoming_of(message(9, content), bot, NOW).body

    assert body == (found.what if isinstance(found, Unsupported) else found)


@pytest.mark.parametrize("seconds", [0, 1, 4_000_000_000, 253_402_300_000])
def test_a_date_that_cannot_be_is_when_it_came(bot: Bot, seconds: int) -> None:
    """A message of the far future or past neither hides later blocks nor breaks a calendar."""
    assert NOW == incoming_of(message(9, {"date": seconds, "text": "x"}), bot, NOW).at


@pytest.mark.parametrize("code", ["u" * 9000, "uk\0", "<b>", ""])
def test_a_language_that_is_none_is_not_taken(bot: Bot, code: str) -> None:
    """Only what has the form of a language tag is kept."""
    sender = {"id": 42, "is_bot": False, "first_name": "x" * 99_999, "language_code": code}

    assert incoming_of(message(9, {"text": "x", "from": sender}), bot, NOW).language is None


async def test_messages_full_of_markup_hold_nobody_up(bot: Bot) -> None:
    """A batch of messages with thousands of entities each is read without looking at those."""
    entities = [{"type": "bold", "offset": n, "length": 1} for n in range(5000)]
    full = message(9, {"text": "x" * 4096, "entities": entities})
    nested = message(9, {"text": "x", "reply_to_message": full["message"], "entities": entities})

    async with Heartbeat() as heart:
        found = [incoming_of(one, bot, NOW).body for one in [full, nested] * 50]

    assert {Said} == {type(one) for one in found}
    assert heart.longest < LONGEST_HOLD


@pytest.mark.parametrize("text", ENDLESS)
async def test_no_text_holds_the_loop(voice: Voice, text: str) -> None:
    """Whatever somebody writes is understood, or not, in a moment."""
    async with Heartbeat() as heart:
        for _ in range(3):
            await asyncio.sleep(0)  # a turn for the heartbeat
            planner.plan(did(1, Said(text)), Known(None, voice.languages), voice, INTENTS)

    assert heart.longest < LONGEST_HOLD


@pytest.mark.parametrize(
    "result",
    [
        Permanent("rejected", "BadRequest: a\0b \ud800"),
        Accepted("1\x002"),
        NotSent("\0"),
        Throttled(86_400.0, "chat"),
    ],
)
async def test_what_a_messenger_says_can_be_stored(world: World, result: Result) -> None:
    """NUL and half characters in a messenger's words end a delivery as any others do."""
    told = notice(await world.person("7"))
    world.channel.scripts["7"] = [result]
    await world.keep(told)

    async with world.sending(await world.lease()):
        await world.channel.began.wait()
        if not isinstance(result, NotSent | Throttled):
            await world.ended(told.notice_id)

    noted = await world.pool.fetchval("SELECT result FROM attempt WHERE number = 1")
    assert noted is not None


async def test_a_receipt_of_a_weird_message_is_kept(world: World) -> None:
    """What a messenger calls a message may be anything."""
    await world.person("7")

    await world.updates().take([did(1, DeliveryReceipt("\0\ud800", "seen"))])

    assert ["telegram \ufffd?"] == [
        row["reference"] for row in await world.pool.fetch("SELECT reference FROM receipt")
    ]


@pytest.mark.parametrize(
    ("body", "address"), [(Said("/help"), "-100"), (Photo("x"), "-100"), (Unsupported("unreadable"), "")]
)
async def test_nobody_is_answered_where_nobody_asked(world: World, body: Body, address: str) -> None:
    """Groups and unreadable updates get no answer, not even that they come too fast, and cost no query."""
    flood = [did(number, body, address, private=False) for number in range(1, 200)]

    await world.updates().take(flood)

    passed = world.measured("updates_total", plan="ignore")
    assert [0, 0, 199] == [await world.count("recipient"), await world.count("delivery"), passed]


def test_a_flood_is_not_answered_to_a_group(voice: Voice) -> None:
    """The sentence that asks to wait is for private chats only."""
    known = Known(None, voice.languages)

    assert () == replies.slower(did(1, Said("x"), private=False), known, voice)


async def test_two_updates_of_a_chat_never_run_beside_each_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one comes just when the one before it hands on to somebody who waits."""
    running, most = Counter[str](), 0

    async def handle(_: Handler, incoming: Incoming) -> None:
        nonlocal most
        running[incoming.address] += 1
        most = max(most, running[incoming.address])
        await asyncio.sleep(0)  # a turn for whoever would run beside
        running[incoming.address] -= 1

    monkeypatch.setattr(Handler, "handle", handle)
    taken = replace(world.updates(), flood_limit=FloodLimit(at_once=1000))

    await asyncio.gather(*(taken.take_one(did(number, Said("x"))) for number in range(40)))

    assert (1, 0) == (most, len(taken.chats))


async def test_a_lock_is_kept_for_whoever_waits() -> None:
    """A lock that is free but promised is not thrown away."""
    locks, order = ChatLocks(), list[str]()

    async def use(name: str) -> None:
        async with locks.hold("7"):
            order.append(f"{name} in")
            await asyncio.sleep(0)  # a turn for the others
            order.append(f"{name} out")

    first = [asyncio.create_task(use(name)) for name in "ab"]
    await until(lambda: done(order, "a out"), every=0)  # the lock is free and b has not come round to it
    await asyncio.gather(*first, use("c"))

    assert ["a in", "a out", "b in", "b out", "c in", "c out"] == order
    assert 0 == len(locks)


async def done(order: list[str], what: str) -> bool:
    return what in order


class Silent(ScriptedTracker):
    """A tracker that never answers."""

    async def status(self, _: UUID) -> StatusAnswer:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_slow_chat_does_not_hold_up_its_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many questions of a chat the tracker leaves unanswered, the batch is over in its time."""
    monkeypatch.setattr(updates, "BATCH_SECONDS", 0.5)
    await world.person("7")
    slow = world.updates()
    handler = replace(slow.handler, tracker=Silent())
    batch = [did(number, Said("/status")) for number in range(1, 18)]

    async with asyncio.timeout(5):
        await replace(slow, handler=handler).take([*batch, did(18, Said("/help"), "8")])

    assert 18 == await world.count("delivery")
    answers = await waiting_answers(world)
    assert 17 == sum("Nothing is lost" in answer.shown for answer in answers)


async def test_many_slow_chats_hold_up_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes in a batch with more slow chats than are handled at once is answered while those wait."""
    monkeypatch.setattr(updates, "BATCH_SECONDS", 60.0)
    handler = replace(world.updates().handler, tracker=Silent())
    slow = [str(number) for number in range(100, 130)]
    for address in slow:
        await world.person(address)
    batch = [did(number, Said("/status"), address) for number, address in enumerate(slow, 1)]
    taking = asyncio.create_task(
        replace(world.updates(), handler=handler).take([*batch, did(99, Said("/help"), "8")])
    )

    await until(lambda: world.count("delivery"))
    answered = await world.count("delivery")
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)

    assert 1 == answered


async def test_a_tap_that_cannot_be_acknowledged_holds_up_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The waiting mark on a button is not worth waiting for."""
    monkeypatch.setattr(updates, "TAP_SECONDS", 0.05)

    async def never(_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(type(world.channel), "acknowledge", lambda _, tapped: never(tapped))

    async with asyncio.timeout(5):
        await world.updates().take([did(1, Tapped("h", "5", "q"))])

    assert 1 == await world.count("delivery")


WEIRD = st.text(max_size=300) | st.sampled_from(ENDLESS)
BODIES = (
    st.builds(Said, WEIRD)
    | st.builds(Tapped, WEIRD, st.none() | WEIRD, WEIRD)
    | st.builds(Photo, WEIRD)
    | st.builds(Unsupported, WEIRD)
    | st.just(Blocked())
)


@given(body=BODIES, language=st.none() | WEIRD)
def test_anything_can_be_planned(voice: Voice, body: Body, language: str | None) -> None:
    """The conversation has a plan and an answer for whatever comes."""
    come = Incoming("1", "7", private=True, language=language, at=NOW, body=body)
    known = Known(None, voice.languages)

    done = planner.plan(come, known, voice, INTENTS)

    assert isinstance(replies.answer(done, None, come, known, voice), tuple)


async def test_a_batch_of_anything_is_dealt_with(world: World) -> None:
    """Whatever a hundred people send at once, each is answered and the loop is not held."""
    chance = random.Random(7)  # noqa: S311 - not for secrets
    texts = [*ENDLESS, "/help", "/status", "AB12 CD34 EF56 7", "\ud800"]
    batch = [did(number, Said(chance.choice(texts)), str(number % 50)) for number in range(1, 101)]

    async with Heartbeat() as heart:
        await world.updates().take(batch)

    assert 100 <= await world.count("delivery")
    assert heart.longest < LONGEST_HOLD
