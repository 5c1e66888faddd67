"""What every channel must do, whatever its messenger can: the same rules against each one's simulator."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from uuid import uuid4

import pytest

from runtime.embedded import EmbeddedPostgres
from services.notifier.channels.fitting import fitted
from services.notifier.domain.incoming import Blocked, DeliveryReceipt, Said, Started, Tapped, Unblocked
from services.notifier.domain.messages import Attachment, Button, Message, utf16_length
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.wording.markup import bold, literal, paragraphs
from tests.integration.notifier.channel_bench import Bench, MakeBench, Trouble
from tests.integration.notifier.email_bench import email_bench
from tests.integration.notifier.fake_bench import PROFILES, fake_bench
from tests.integration.notifier.smpp_bench import smpp_bench
from tests.integration.notifier.sms_bench import suite_bench as sms_bench
from tests.integration.notifier.telegram_bench import telegram_bench
from tests.integration.notifier.viber_bench import viber_bench
from tests.integration.notifier.web_bench import web_bench

CHANNELS: Mapping[str, MakeBench] = {
    "telegram": telegram_bench,
    "viber": viber_bench,
    "email": email_bench,
    "sms": sms_bench,
    "sms by smpp": smpp_bench,
    **{f"fake, {name}": partial(fake_bench, able) for name, able in PROFILES.items()},
}
"""Each channel with its simulator: a new one is one entry here."""
STORED: Mapping[str, Callable[[EmbeddedPostgres], AbstractAsyncContextManager[Bench]]] = {"web": web_bench}
"""Those whose messages are kept by ourselves: each gets a database of its own."""
HELLO = Message((*bold("Hello"), *literal(" & welcome")))
QUESTION = Message(
    literal("Yes or no?"),
    ((Button("Yes", "y:1"), Button("No", "n")), (Button("Map", url="https://m.example/7"),)),
)
LONG = Message(paragraphs(literal(f"{number} " + "слово " * 90) for number in range(20)), QUESTION.buttons)
FILE = Message(literal("Yours"), attachment=Attachment("own.txt", "text/plain", "All that\n\nwe keep\n"))
GONE = "4711"

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


@pytest.fixture(params=[*CHANNELS, *STORED])
async def bench(request: pytest.FixtureRequest, postgres_server: EmbeddedPostgres) -> AsyncIterator[Bench]:
    kept: dict[str, MakeBench] = {name: partial(made, postgres_server) for name, made in STORED.items()}
    async with {**CHANNELS, **kept}[request.param]() as opened:
        yield opened


async def sent(bench: Bench, address: str, message: Message) -> list[Result]:
    """Send all parts that a message has on a channel."""
    parts = fitted(message, bench.channel.capabilities).messages
    return [await bench.channel.send(address, part, uuid4()) for part in parts]


async def texts(bench: Bench, address: str) -> list[str]:
    """The texts that somebody sees."""
    return [one.text for one in await bench.shown(address)]


async def test_a_message_is_accepted_and_shown(bench: Bench) -> None:
    """What is accepted is shown as it was meant, and each message has a reference of its own."""
    address = await bench.person()

    results = [*await sent(bench, address, HELLO), *await sent(bench, address, HELLO)]

    assert [Accepted] * 2 == [type(result) for result in results]
    assert 2 == len(set(results))
    assert ["Hello & welcome"] * 2 == await texts(bench, address)


@pytest.mark.parametrize("trouble", FATES)
async def test_each_trouble_has_one_result(bench: Bench, trouble: Trouble) -> None:
    """Whatever goes wrong becomes the one result that is true of it, and the next message goes through."""
    address = await bench.person()
    kind, seen = FATES[trouble]
    if trouble in bench.spared:
        return
    await bench.trouble(trouble)

    (result,) = await sent(bench, address, HELLO)
    shown = await bench.shown(address)

    assert kind is type(result)
    assert seen is bool(shown)


async def test_a_throttled_message_says_how_long_to_wait(bench: Bench) -> None:
    """The messenger's own pause comes through, and ours where it tells none."""
    address = await bench.person()
    if "throttled" in bench.spared:
        return
    await bench.trouble("throttled")

    (result,) = await sent(bench, address, HELLO)

    assert isinstance(result, Throttled)
    assert bench.pause == result.seconds


async def test_markup_that_is_refused_is_told_from_other_refusals(bench: Bench) -> None:
    """Broken markup, where there is any, has its own reason, and the same as plain text arrives."""
    address = await bench.person()
    if "unparseable" in bench.spared:
        return
    await bench.trouble("unparseable")

    (refused,) = await sent(bench, address, HELLO)
    (plain,) = await sent(bench, address, Message(literal("Hello & <b>"), plain=True))

    assert isinstance(refused, Permanent)
    assert ("unparseable" if bench.markup else "rejected") == refused.reason
    assert isinstance(plain, Accepted)
    assert ["Hello & <b>"] == await texts(bench, address)


async def test_strangers_cannot_be_written_to(bench: Bench) -> None:
    """Nobody is written to who did not begin."""
    assert [Unreachable] == [type(result) for result in await sent(bench, await bench.stranger(), HELLO)]


async def test_a_private_message_is_kept_from_being_passed_on(bench: Bench) -> None:
    """What is private is marked so where the messenger can, and nothing else is."""
    address = await bench.person()
    for private in (False, True):
        await sent(bench, address, Message(literal("Hello"), private=private))

    assert [False, bench.channel.capabilities.private] == [
        one.protected for one in await bench.shown(address)
    ]


async def test_choices_are_buttons_or_numbers_or_left_out(bench: Bench) -> None:
    """Who can tap gets buttons, who can only type gets numbers, who can do neither is offered nothing."""
    able, address = bench.channel.capabilities, await bench.person()

    results = await sent(bench, address, QUESTION)
    shown = await bench.shown(address)

    text = "\n".join(one.text for one in shown)
    numbered = able.converses and not able.buttons
    assert {Accepted} == {type(result) for result in results}
    assert ("y:1", "n") * able.buttons == shown[-1].data
    assert numbered == ("1 - Yes\n2 - No" in text)
    assert (not able.buttons) == ("Map: https://m.example/7" in text)
    assert ("y:1", "n") * numbered == fitted(QUESTION, able).choices


async def test_a_long_text_arrives_whole(bench: Bench) -> None:
    """It comes in as many messages as it takes, none cut within a word, the buttons under the last."""
    able, address = bench.channel.capabilities, await bench.person()

    results = await sent(bench, address, LONG)
    shown = await bench.shown(address)

    assert {Accepted} == {type(result) for result in results}
    assert all(utf16_length(one.text) <= able.longest for one in shown)
    assert LONG.shown.split() == " ".join(one.text for one in shown).split()[: len(LONG.shown.split())]
    assert [()] * (len(shown) - 1) == [one.data for one in shown[:-1]]


async def test_a_file_arrives_as_one_or_as_text(bench: Bench) -> None:
    """What a file holds can be read, whether or not the messenger takes files."""
    able, address = bench.channel.capabilities, await bench.person()

    results = await sent(bench, address, FILE)
    shown = await bench.shown(address)

    file = "All that\n\nwe keep\n"
    assert {Accepted} == {type(result) for result in results}
    assert ["Yours"] + ["All that\n\nwe keep"] * (not able.caption) == [one.text for one in shown]
    assert [file] * bool(able.caption) == [one.file for one in shown if one.file is not None]


async def test_what_people_do_comes_in_order_and_once(bench: Bench) -> None:
    """A deep link, a text, a tap, a block and an unblock arrive as what they are; confirmed, never again."""
    if not bench.channel.capabilities.converses:
        return
    address = await bench.person()
    buttons = bench.channel.capabilities.buttons
    *_, first = await sent(bench, address, QUESTION)
    assert isinstance(first, Accepted)
    await bench.opens(address, "abcDEF-_123")
    await bench.says(address, "де паспорт?")
    if buttons:
        await bench.taps(address, first.reference, "y:1")
    await bench.blocks(address, blocked=True)
    await bench.blocks(address, blocked=False)

    found = await bench.arrived()
    again = await bench.arrived()

    taps = [one.body for one in found if isinstance(one.body, Tapped)]
    rest = [one.body for one in found if not isinstance(one.body, Tapped)]
    assert [Started("abcDEF-_123"), Said("де паспорт?"), Blocked(), Unblocked()] == rest
    # Which message it stood under need be known only where that can be replaced.
    under = {first.reference} if bench.channel.capabilities.edits else {first.reference, None}
    assert ["y:1"] * buttons == [tap.data for tap in taps]
    assert under >= {tap.message for tap in taps}
    assert {(address, True)} == {(one.address, one.private) for one in found}
    assert len(found) == len({one.number for one in found})
    assert [] == again


async def test_a_block_lasts_until_it_is_lifted(bench: Bench) -> None:
    """Who shut us out is unreachable, and reachable again afterwards."""
    address = await bench.person()
    await bench.blocks(address, blocked=True)
    (during,) = await sent(bench, address, HELLO)
    await bench.blocks(address, blocked=False)

    (after,) = await sent(bench, address, HELLO)

    assert isinstance(during, Unreachable)
    assert isinstance(after, Accepted)


async def test_a_message_is_replaced_in_place(bench: Bench) -> None:
    """A replacement takes the place of its message where the messenger can; else, and of none, it is new."""
    address = await bench.person()
    (first,) = await sent(bench, address, HELLO)
    assert isinstance(first, Accepted)

    await sent(bench, address, Message(literal("Other"), replaces=first.reference))
    await sent(bench, address, Message(literal("Anew"), replaces=GONE))

    kept = [] if bench.channel.capabilities.edits else [HELLO.shown]
    assert [*kept, "Other", "Anew"] == await texts(bench, address)


async def test_receipts_name_the_message_and_come_in_order(bench: Bench) -> None:
    """What a messenger tells of a message, it tells of the reference that sending gave."""
    address = await bench.person()
    (first,) = await sent(bench, address, HELLO)
    assert isinstance(first, Accepted)
    kinds = sorted(bench.channel.capabilities.receipts)
    for status in kinds:
        await bench.tells(address, first.reference, status)

    found = await bench.arrived() if kinds else []

    told = [one.body for one in found if isinstance(one.body, DeliveryReceipt)]
    assert [(first.reference, status) for status in kinds] == [(one.reference, one.status) for one in told]
    # Who tells the message alone names it by the key that it was sent with.
    assert all(one.address == address or receipt.delivery for one, receipt in zip(found, told, strict=True))


async def test_an_invitation_brings_its_payload_back(bench: Bench) -> None:
    """Each channel's links hold what they are given, so that it can be read again."""
    payload = "Ab3_-" * 4 + "xy"

    assert payload in bench.channel.invitation("agency").link(payload)
