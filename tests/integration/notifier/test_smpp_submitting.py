"""Texts handed over to a message centre, and what its answers mean."""

import asyncio
from uuid import UUID, uuid4

import pytest

from sandbox.sms.smpp.centre import CentreSettings
from sandbox.sms.smpp.script import Fault, FaultKind
from services.notifier.channels.sms.smpp.transport import LONGEST_WAIT
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.integration.notifier.smpp import LONG, NUMBER, OTHER, smpp

QUIET = CentreSettings(receipts=False)


@pytest.mark.parametrize("text", ["Ready", "Готово. Завтра з 9:00", "Price: 5 € [x]", "ok " * 40])
async def test_a_short_text_travels_in_one_part(text: str) -> None:
    """A text that fits is one message, in the alphabet that has its letters, and is asked a receipt for."""
    async with smpp(QUIET) as opened:
        result = await opened.submit(text)

        (part,) = opened.centre.texts.parts
        assert Accepted(part.message_id) == result
        assert (NUMBER, "DOCS", True) == (part.number, part.sender, part.receipt)
        assert (8 if "Г" in text else 0) == part.coding


@pytest.mark.parametrize(("long", "size"), [("udh8", 140), ("udh16", 139)])
async def test_a_long_text_is_put_together_again(long: str, size: int) -> None:
    """The parts of a long text say which text they are of; the reference is the ids of them all."""
    async with smpp(QUIET, query=f"long={long}") as opened:
        result = await opened.submit(LONG)

        ids = [part.message_id for part in opened.centre.texts.parts]
        assert Accepted(" ".join(ids), len(ids)) == result
        assert [LONG] == opened.shown()
        assert size == max(len(call.content) for call in opened.centre.script.calls("submit"))


async def test_a_long_text_may_be_left_to_the_centre_to_cut() -> None:
    """By that setting it is one request with a content of its own kind."""
    async with smpp(QUIET, query="long=payload") as opened:
        result = await opened.submit(LONG)

        (part,) = opened.centre.texts.parts
        assert Accepted(part.message_id) == result
        assert [LONG] == opened.shown()


async def test_the_same_sent_again_completes_itself() -> None:
    """Copies of the same message say that they are of the same text, so a phone needs no part twice."""
    key = UUID(int=0x1234)
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("silent", nth=2))
        lost = await opened.transport.submit(NUMBER, LONG, key)
        again = await opened.transport.submit(NUMBER, LONG, key)

        assert (Unknown("not all parts were sent"), Accepted) == (lost, type(again))
        assert {0x34} == {part.place[0] for part in opened.centre.texts.parts if part.place is not None}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0x0B, Unreachable("not_found")),
        (0x01, Permanent("too_long", "0x01 RINVMSGLEN")),
        (0x51, Permanent("rejected", "0x51 RINVDSTNPI")),
        (0x65, Permanent("rejected", "0x65 RX_P_APPN")),
        (0x0A, AccountDown("0x0a RINVSRCADR")),
        (0x08, NotSent("0x08 RSYSERR")),
        (0x64, NotSent("0x64 RX_T_APPN")),
        (0x0401, NotSent("0x401 unknown")),
    ],
)
async def test_each_status_has_its_meaning(status: int, expected: Result) -> None:
    """What a message centre refuses is no more than that: the next text goes out."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("status", status=status))

        assert expected == await opened.submit()
        assert Accepted is type(await opened.submit())
        assert 1 == len(opened.shown())


@pytest.mark.parametrize(
    ("kind", "expected", "copies"),
    [
        ("silent", Unknown("no answer in time"), 0),
        ("stored_silent", Unknown("no answer in time"), 1),
        ("store_then_drop", Unknown("the session ended before the answer"), 1),
        ("drop_before_store", Unknown("the session ended before the answer"), 0),
        ("unbind", Unknown("the session ended before the answer"), 0),
        ("garbage", Unknown("the session ended before the answer"), 0),
        ("nack", NotSent("0x58 RTHROTTLED"), 0),
    ],
)
async def test_what_was_not_answered_may_have_been_sent(
    kind: FaultKind, expected: Result, copies: int
) -> None:
    """A text that was written and got no answer is unknown, never said to be refused, and never repeated."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault(kind))
        result = await opened.submit()

        assert (Throttled(1.0, "account") if kind == "nack" else expected) == result
        assert copies == len(opened.shown())
        assert 1 == opened.centre.script.counts["submit"]


async def test_a_slow_answer_is_an_answer() -> None:
    """Whoever takes its time has taken the text."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("slow", seconds=0.2))

        assert Accepted is type(await opened.submit())


async def test_a_text_without_an_id_is_taken_all_the_same() -> None:
    """Where the message centre names no id there can be no receipt, but the text is on its way."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("no_id"))

        assert Accepted("") == await opened.submit()


async def test_a_throttled_account_waits_longer_each_time() -> None:
    """Throttled again and again the account waits longer, up to a bound, until something is taken."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("status", status=0x58, times=8))
        results = [await opened.submit() for _ in range(8)]
        taken = await opened.submit()
        opened.centre.script.lay(Fault("status", status=0x58))
        after = await opened.submit()

        waits = [one.seconds for one in results if isinstance(one, Throttled) and one.scope == "account"]
        assert 8 == len(waits)
        assert 1.0 == waits[0] < 8 <= max(waits) <= LONGEST_WAIT
        assert (Accepted, Throttled(1.0, "account")) == (type(taken), after)


async def test_a_full_queue_is_a_numbers_until_several_meet_it() -> None:
    """Whose queue is full is not said: several numbers in a row mean the account's."""
    numbers = [f"+38050111223{digit}" for digit in range(4)]
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("status", status=0x14, times=4))
        results = [await opened.submit(number=number) for number in numbers]

        assert ["chat", "chat", "account", "account"] == [
            one.scope for one in results if isinstance(one, Throttled)
        ]


async def test_the_further_parts_wait_for_a_busy_centre() -> None:
    """Where the first part was taken the others are offered again: half a text helps nobody."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("status", status=0x58, nth=2, times=2))

        assert Accepted is type(await opened.submit(LONG))
        assert [LONG] == opened.shown()


async def test_a_text_of_which_a_part_is_refused_is_refused() -> None:
    """A text that lacks a part for good is one that cannot be read."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("status", status=0x66, nth=3))

        assert Permanent("rejected", "0x66 RX_R_APPN") == await opened.submit(LONG)


async def test_no_more_wait_for_answers_than_the_window_allows() -> None:
    """Requests beyond the window are written when there is room."""
    async with smpp(QUIET, query="window=3") as opened:
        opened.centre.script.lay(Fault("slow", times=9, seconds=0.05))
        results = await asyncio.gather(*(opened.submit(f"text {place}") for place in range(9)))

        assert [Accepted] * 9 == [type(result) for result in results]
        assert 2 == max(call.beside for call in opened.centre.script.calls("submit"))


async def test_who_gives_up_waiting_leaves_the_session_to_others() -> None:
    """A call that is cancelled takes no place in the window, and ends neither a session nor its beginning."""
    async with smpp(QUIET, query="window=1") as opened:
        hasty, patient = (asyncio.ensure_future(opened.submit(number=one)) for one in (NUMBER, OTHER))
        await asyncio.sleep(0)
        hasty.cancel()
        first = await patient
        opened.centre.script.lay(Fault("silent"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await opened.submit()

        assert [Accepted] * 2 == [type(first), type(await opened.submit())]
        assert 1 == opened.centre.script.counts["bind"]


async def test_nothing_is_no_text() -> None:
    """An empty text is refused before anybody is asked."""
    async with smpp(QUIET) as opened:
        assert Permanent("empty", "no text") == await opened.transport.submit(NUMBER, "", uuid4())
        assert 0 == opened.centre.script.counts["bind"]
