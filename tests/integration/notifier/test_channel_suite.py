"""What every channel must do, whatever its messenger: the same rules against each one's simulator."""

from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import pytest

from services.notifier.domain.incoming import Blocked, DeliveryReceipt, Said, Started, Tapped, Unblocked
from services.notifier.domain.messages import Button, Message
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.wording.markup import bold, literal
from tests.integration.notifier.channel_bench import WAIT_SECONDS, Bench, MakeBench, Trouble
from tests.integration.notifier.pigeon_bench import pigeon_bench
from tests.integration.notifier.telegram_bench import telegram_bench

CHANNELS: Mapping[str, MakeBench] = {"telegram": telegram_bench, "pigeon": pigeon_bench}
WITH_RECEIPTS = ("pigeon",)
HELLO = Message((*bold("Hello"), *literal(" & welcome")), ((Button("Yes", "y:1"), Button("No", "n")),))

# Each trouble: the result, and whether the person sees the message all the same.
FATES: Mapping[Trouble, tuple[type[Result], bool]] = {
    "throttled": (Throttled, False),
    "blocked": (Unreachable, False),
    "rejected": (Permanent, False),
    "unparseable": (Permanent, False),
    "stored_then_lost": (Unknown, True),
    "lost_before_stored": (Unknown, False),
    "no_answer": (Unknown, True),
    "nonsense": (Unknown, False),
    "slow": (Accepted, True),
    "account_refused": (AccountDown, False),
}


@pytest.fixture(params=CHANNELS)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with CHANNELS[request.param]() as opened:
        yield opened


async def test_a_message_is_accepted_and_shown(bench: Bench) -> None:
    """What is accepted is shown as it was meant, and each message has a reference of its own."""
    address = await bench.person()

    first, second = [await bench.channel.send(address, HELLO, uuid4()) for _ in range(2)]

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.reference != second.reference
    assert ["Hello & welcome"] * 2 == await bench.shown(address)


@pytest.mark.parametrize("trouble", FATES)
async def test_each_trouble_has_one_result(bench: Bench, trouble: Trouble) -> None:
    """Whatever goes wrong becomes the one result that is true of it, and the next message goes through."""
    address = await bench.person()
    kind, seen = FATES[trouble]
    await bench.trouble(trouble)

    result = await bench.channel.send(address, HELLO, uuid4())
    shown = await bench.shown(address)

    assert kind is type(result)
    assert seen is bool(shown)


async def test_a_throttled_message_says_how_long_to_wait(bench: Bench) -> None:
    """The messenger's own pause comes through."""
    address = await bench.person()
    await bench.trouble("throttled")

    assert Throttled(WAIT_SECONDS, "chat") == await bench.channel.send(address, HELLO, uuid4())


async def test_markup_that_is_refused_is_told_from_other_refusals(bench: Bench) -> None:
    """Broken markup has its own reason, and the same as plain text arrives."""
    address = await bench.person()
    await bench.trouble("unparseable")

    refused = await bench.channel.send(address, HELLO, uuid4())
    sent = await bench.channel.send(address, Message(literal("Hello & <b>"), plain=True), uuid4())

    assert isinstance(refused, Permanent)
    assert "unparseable" == refused.reason
    assert isinstance(sent, Accepted)
    assert ["Hello & <b>"] == await bench.shown(address)


async def test_strangers_cannot_be_written_to(bench: Bench) -> None:
    """Nobody is written to who did not begin."""
    assert isinstance(await bench.channel.send(await bench.stranger(), HELLO, uuid4()), Unreachable)


async def test_a_private_message_is_kept_from_being_passed_on(bench: Bench) -> None:
    """What is private is marked so, and nothing else is."""
    address = await bench.person()
    marks = []
    for private in (False, True):
        await bench.channel.send(address, Message(literal("Hello"), private=private), uuid4())
        marks.append(await bench.protected(address))

    assert [False, True] == marks


async def test_what_people_do_comes_in_order_and_once(bench: Bench) -> None:
    """A deep link, a text, a tap, a block and an unblock arrive as what they are; confirmed, never again."""
    address = await bench.person()
    sent = await bench.channel.send(address, HELLO, uuid4())
    assert isinstance(sent, Accepted)
    await bench.opens(address, "abcDEF-_123")
    await bench.says(address, "де паспорт?")
    await bench.taps(address, sent.reference, "y:1")
    await bench.blocks(address, blocked=True)
    await bench.blocks(address, blocked=False)

    found = await bench.channel.fetch(None, 0)
    again = await bench.channel.fetch(found[-1].number, 0)

    taps = [one.body for one in found if isinstance(one.body, Tapped)]
    rest = [one.body for one in found if not isinstance(one.body, Tapped)]
    assert [Started("abcDEF-_123"), Said("де паспорт?"), Blocked(), Unblocked()] == rest
    assert [("y:1", sent.reference)] == [(tap.data, tap.message) for tap in taps]
    assert {(address, True)} == {(one.address, one.private) for one in found}
    assert sorted(one.number for one in found) == [one.number for one in found]
    assert [] == again


async def test_a_block_lasts_until_it_is_lifted(bench: Bench) -> None:
    """Who shut us out is unreachable, and reachable again afterwards."""
    address = await bench.person()
    await bench.blocks(address, blocked=True)
    during = await bench.channel.send(address, HELLO, uuid4())
    await bench.blocks(address, blocked=False)

    after = await bench.channel.send(address, HELLO, uuid4())

    assert Unreachable("blocked") == during
    assert isinstance(after, Accepted)


async def test_a_message_is_replaced_in_place(bench: Bench) -> None:
    """A replacement takes the place of its message; where that is gone it is sent anew."""
    address = await bench.person()
    sent = await bench.channel.send(address, HELLO, uuid4())
    assert isinstance(sent, Accepted)

    await bench.channel.send(address, Message(literal("Other"), replaces=sent.reference), uuid4())
    await bench.channel.send(address, Message(literal("Anew"), replaces="4711"), uuid4())

    assert ["Other", "Anew"] == await bench.shown(address)


@pytest.mark.parametrize("name", WITH_RECEIPTS)
async def test_receipts_name_the_message_and_come_in_order(name: str) -> None:
    """Where a messenger tells what became of a message, it is told of the reference that sending gave."""
    async with CHANNELS[name]() as bench:
        address = await bench.person()
        sent = await bench.channel.send(address, HELLO, uuid4())
        assert isinstance(sent, Accepted)
        await bench.tells(address, sent.reference, "delivered")
        await bench.tells(address, sent.reference, "seen")

        found = await bench.channel.fetch(None, 0)

    assert [(address, DeliveryReceipt(sent.reference, status)) for status in ("delivered", "seen")] == [
        (one.address, one.body) for one in found
    ]
