"""What a message centre delivers: receipts and keywords, at least once, acknowledged afterwards."""

import asyncio
from dataclasses import replace

import pytest

from sandbox.sms.smpp.centre import CentreSettings
from sandbox.sms.smpp.script import Fault, ReceiptFault
from sandbox.sms.smpp.texts import IdStyle, receipt_by_options
from services.notifier.channels.sms.smpp.inbox import MOST
from services.notifier.domain.incoming import Blocked, DeliveryReceipt, Unblocked
from services.notifier.domain.results import Accepted, Result
from tests.integration.notifier.smpp import LONG, NUMBER, OTHER, PASSWORD, bodies, smpp

SETTINGS = CentreSettings(password=PASSWORD)
QUIET = CentreSettings(receipts=False)


def reference(result: Result) -> str:
    assert isinstance(result, Accepted)
    return result.reference


@pytest.mark.parametrize("ids", ["same", "decimal", "padded", "hex"])
async def test_a_receipt_names_the_message_however_the_id_is_written(ids: IdStyle) -> None:
    """An id in hex here and decimal there, with zeros or not, is the one of the accepted message."""
    async with smpp(replace(SETTINGS, ids=ids)) as opened:
        result = await opened.submit()
        (incoming,) = await opened.came()

        assert DeliveryReceipt(reference(result), "delivered") == incoming.body
        assert NUMBER == incoming.address


@pytest.mark.parametrize("ids", ["same", "decimal", "padded", "hex"])
async def test_after_a_restart_a_receipt_names_the_message_too(ids: IdStyle) -> None:
    """Where nobody remembers the id one of the spellings that are told is the one that was written down."""
    async with smpp(replace(QUIET, ids=ids)) as opened:
        result = await opened.submit()
        opened.transport._references._known.clear()
        opened.centre.tell(opened.centre.texts.parts[0])
        told = await opened.came()

        assert DeliveryReceipt(reference(result), "delivered") in bodies(told)
        assert len(told) == len({one.update for one in told}) <= 3


@pytest.mark.parametrize(
    ("stat", "status"),
    [("DELIVRD", "delivered"), ("UNDELIV", "failed"), ("EXPIRED", "failed"), ("REJECTD", "failed")],
)
async def test_a_receipt_says_whether_it_arrived(stat: str, status: str) -> None:
    """Each end that a message centre tells is delivered or failed; the network's error goes along."""
    async with smpp(SETTINGS) as opened:
        opened.centre.script.fates[NUMBER] = stat
        await opened.submit()
        (incoming,) = await opened.came()

        assert isinstance(incoming.body, DeliveryReceipt)
        assert (status, "001" if status == "failed" else None) == (incoming.body.status, incoming.body.reason)


@pytest.mark.parametrize("stat", ["ACCEPTD", "ENROUTE", "UNKNOWN"])
async def test_what_is_no_end_is_acknowledged_and_says_nothing(stat: str) -> None:
    """A state on the way is nobody's news, and does not come again."""
    async with smpp(SETTINGS) as opened:
        opened.centre.script.fates[NUMBER] = stat
        await opened.submit()

        assert [] == list(await opened.transport.poll())
        await opened.centre.script.until(lambda: opened.centre.script.counts["acknowledged"] == 1)


async def test_a_receipt_that_says_all_in_its_options() -> None:
    """The options of a receipt say as much as its text."""
    async with smpp(QUIET) as opened:
        result = await opened.submit()
        opened.centre.deliver(receipt_by_options(opened.centre.texts.parts[0], 5))

        assert [DeliveryReceipt(reference(result), "failed")] == bodies(await opened.came())


async def test_a_receipt_before_the_answer() -> None:
    """What arrives so fast that its receipt overtakes the answer is told under the id of the answer."""
    async with smpp(SETTINGS) as opened:
        opened.centre.script.lay(Fault("receipt_first"))
        result = await opened.submit()

        assert DeliveryReceipt(reference(result), "delivered") in bodies(await opened.came())


async def test_the_parts_of_a_text_have_each_their_receipt() -> None:
    """Each part is told of by its own id, and all of them together are the reference of the text."""
    async with smpp(SETTINGS) as opened:
        result = await opened.submit(LONG)
        ids = reference(result).split(" ")
        told = await opened.came(len(ids))

        assert [DeliveryReceipt(one, "delivered") for one in ids] == bodies(told)


async def test_a_receipt_told_twice_is_the_same() -> None:
    """Copies of a receipt have one identity, and each is acknowledged."""
    async with smpp(SETTINGS) as opened:
        opened.centre.script.lay(ReceiptFault("duplicate"))
        await opened.submit()
        told = await opened.came(2)

        assert 1 == len({one.update for one in told})
        await opened.centre.script.until(lambda: opened.centre.script.counts["acknowledged"] == 2)


async def test_a_lost_receipt_is_nothing() -> None:
    """A receipt that never comes keeps nobody waiting."""
    async with smpp(SETTINGS) as opened:
        opened.centre.script.lay(ReceiptFault("lose"))
        await opened.submit()

        assert [] == list(await opened.transport.poll())


async def test_nothing_is_acknowledged_before_it_was_taken_in() -> None:
    """What polling returned is returned again, and acknowledged once it is said to be taken in."""
    async with smpp(QUIET) as opened:
        await opened.submit()
        opened.centre.tell(opened.centre.texts.parts[0])
        first = [one.update for one in await opened.came_unconfirmed()]
        again = [one.update for one in await opened.transport.poll()]
        before = opened.centre.script.counts["acknowledged"]
        await opened.transport.taken()

        assert first == again != []
        assert 0 == before
        await opened.centre.script.until(lambda: opened.centre.script.counts["acknowledged"] == 1)
        assert [] == list(await opened.transport.poll())


async def test_what_was_not_acknowledged_comes_again_and_is_known() -> None:
    """What was in hand when the session was lost comes over the next one, by the same identity."""
    async with smpp(QUIET) as opened:
        await opened.submit()
        opened.centre.tell(opened.centre.texts.parts[0])
        await opened.centre.say(NUMBER, "STOP", wait=False)
        first = await opened.came_unconfirmed()
        opened.centre.end_sessions()
        await opened.transport.taken()
        again = await opened.came(2)

        assert {one.update for one in first} == {one.update for one in again}
        assert 2 == len(first)
        assert 2 == opened.centre.script.counts["redelivered"]


@pytest.mark.parametrize(
    ("text", "wish"),
    [("STOP", Blocked("stopped")), ("стоп", Blocked("stopped")), ("Start", Unblocked())],
)
async def test_a_keyword_is_a_wish(text: str, wish: Blocked | Unblocked) -> None:
    """The word that ends messages, or has them begin again, is understood in whatever alphabet it comes."""
    async with smpp(QUIET) as opened:
        await opened.submit()
        await opened.centre.say(NUMBER, text, wait=False)
        (incoming,) = await opened.came()

        assert (NUMBER, wish, True) == (incoming.address, incoming.body, incoming.private)


async def test_a_wish_wished_twice_is_two() -> None:
    """Whoever stops, starts and stops again means it each time."""
    async with smpp(QUIET) as opened:
        await opened.submit()
        updates = []
        for text in ("STOP", "START", "STOP"):
            await opened.centre.say(NUMBER, text, wait=False)
            updates += [one.update for one in await opened.came()]

        assert 3 == len(set(updates))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (NUMBER, "When will it be ready?"),
        (NUMBER, "id:1 sub:001 dlvrd:001 stat:DELIVRD err:000"),
        (NUMBER, "stop " * 100),
        ("4455", "STOP"),
    ],
)
async def test_other_texts_are_acknowledged_and_say_nothing(number: str, text: str) -> None:
    """What is no keyword, looks like a receipt and is none, or comes from no number, changes nothing."""
    async with smpp(QUIET) as opened:
        await opened.submit()
        saying = asyncio.ensure_future(opened.centre.say(number, text))

        assert [] == list(await opened.transport.poll())
        await saying


async def test_no_more_wait_than_there_is_room_for() -> None:
    """Deliveries beyond the bound are told to come again, and do."""
    async with smpp(QUIET) as opened:
        await opened.submit()
        for place in range(MOST + 5):
            await opened.centre.say(f"+3805{place:08d}", "STOP", wait=False)
        await opened.centre.script.until(lambda: opened.centre.script.counts["refused"] >= 5)

        assert MOST + 5 <= len({one.address for one in await opened.came(MOST + 5)})
        await opened.centre.script.until(lambda: not opened.centre.waiting)


async def test_what_comes_with_the_beginning_of_a_session_is_taken() -> None:
    """What waited at the centre is delivered right behind its answer to the request to be bound."""
    async with smpp(QUIET) as opened:
        for number in (NUMBER, OTHER):
            await opened.centre.say(number, "STOP", wait=False)

        assert {NUMBER, OTHER} == {one.address for one in await opened.came(2)}
        assert 0 == opened.centre.script.counts["redelivered"]
