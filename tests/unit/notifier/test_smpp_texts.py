"""Texts as they travel by SMPP, and receipts in whatever spelling they come."""

import string
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.sms.parts import gsm, parts_of, read_gsm
from services.notifier.channels.sms.smpp import pdus
from services.notifier.channels.sms.smpp.encoding import UCS2, Part, encoded, read_text
from services.notifier.channels.sms.smpp.inbound import Reader, is_receipt, receipts_of
from services.notifier.channels.sms.smpp.options import Long
from services.notifier.channels.sms.smpp.pdus import Delivered, Frames, MalformedError
from services.notifier.channels.sms.smpp.references import References, canonical, spellings
from services.notifier.domain.incoming import DeliveryReceipt

KEY = UUID(int=0xABCDEF)
OCTETS, SEPTETS = 140, 160
GSM_LETTERS = "".join(letter for letter in map(chr, range(1, 0x3AA)) if gsm(letter) is not None)
TEXTS = st.text(GSM_LETTERS, max_size=700) | st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
ARRIVED, FAILED = ("DELIVRD",), ("UNDELIV", "EXPIRED", "DELETED", "REJECTD")
WORDS = st.text(string.ascii_letters + string.digits + ":-/", max_size=20)


def content_of(part: Part) -> bytes:
    return part.content[part.content[0] + 1 :] if part.header else part.content


@given(TEXTS, st.sampled_from(["udh8", "udh16", "payload"]))
def test_what_travels_is_the_text(text: str, long: Long) -> None:
    """The parts of any text fit, are numbered in order, and together are the text."""
    parts = encoded(text, long, KEY)

    pieces = [read_text(content_of(part), part.coding) for part in parts]
    assert text == "".join(filter(None, pieces))
    if long != "payload":
        for part in parts:
            # A septet a byte: seven bits of each travel.
            size = len(part.content) if part.coding == UCS2 else len(content_of(part)) * 7 / 8
            head = len(part.content) - len(content_of(part)) if part.coding != UCS2 else 0
            assert size + head <= OCTETS
    headers = [part.content[: part.content[0] + 1] for part in parts if part.header]
    assert [(len(parts), number) for number in range(1, len(headers) + 1)] == [
        tuple(one[-2:]) for one in headers
    ]
    assert len({one[:-2] for one in headers}) <= 1


@given(st.text(GSM_LETTERS))
def test_the_alphabet_of_phones_is_read_as_it_is_written(text: str) -> None:
    """Every text of GSM 03.38 is read back."""
    assert text == read_gsm(gsm(text) or b"")


@given(st.binary(max_size=300), st.integers(0, 255))
def test_any_content_is_a_text_or_none(content: bytes, coding: int) -> None:
    """Whatever comes in whatever coding is a text or is none, and breaks nothing."""
    read_text(content, coding)


@given(st.text(GSM_LETTERS, min_size=161, max_size=500))
def test_a_longer_header_leaves_less_room(text: str) -> None:
    """Parts that say more of where they belong are shorter, and lose nothing."""
    assert text == "".join(parts_of(text, 7))
    assert max(len(gsm(part) or b"") for part in parts_of(text, 7)) <= 152


def spelled(draw: st.DrawFn, number: int) -> tuple[str, str]:
    """An id as an answer gives it, and as a receipt may."""
    answered = draw(st.sampled_from([str(number), f"{number:x}", f"{number:X}", f"{number:010d}"]))
    base = 10 if answered.isdecimal() and int(answered) == number else 16
    told = [
        answered,
        answered.lower(),
        answered.lstrip("0"),
        f"{number:010d}" if base == 16 else f"{number:x}",
    ]
    return answered, draw(st.sampled_from(told))


@st.composite
def receipts(draw: st.DrawFn) -> tuple[str, str, str, bytes]:
    """An id, the id in the receipt, the state, and the text of the receipt in some spelling."""
    answered, told = spelled(draw, draw(st.integers(1, 2**63)))
    stat = draw(st.sampled_from((*ARRIVED, *FAILED)))
    fields = {
        "id": told,
        "sub": "001",
        "dlvrd": draw(st.sampled_from(["001", "000", "1"])),
        "submit date": "2611301215",
        "done date": "261130121501",
        "stat": draw(st.sampled_from([stat, stat.lower(), stat.title()])),
        "err": draw(st.sampled_from(["000", "0", "1A", "254"])),
    }
    names = draw(st.permutations(list(fields)))
    kept = [name for name in names if name in ("id", "stat") or draw(st.booleans())]
    gap = draw(st.sampled_from([":", ": ", ":  "]))
    between = draw(st.sampled_from([" ", "  ", "\t"]))
    text = between.join(f"{name}{gap}{fields[name]}" for name in kept)
    if draw(st.booleans()):
        text = " ".join(f"{name.title()}{gap}{fields[name]}" for name in kept)
    if draw(st.booleans()):
        text += f" text:{draw(WORDS)} stat:DELIVRD id:99"
    return answered, told, stat, text.encode()


@given(receipts(), st.booleans())
def test_a_receipt_is_read_in_any_spelling(drawn: tuple[str, str, str, bytes], restarted: bool) -> None:  # noqa: FBT001 - drawn
    """However fields and ids are ordered and written, the receipt is of the message and tells its end."""
    answered, _, stat, text = drawn
    references = References()
    reference = references.taken(answered)
    known = References() if restarted else references

    told = receipts_of(Delivered("380501112233", "DOCS", 4, 0, text, {}), known)

    fate = "delivered" if stat in ARRIVED else "failed"
    assert (reference, fate) in [(one.reference, one.status) for one in told]
    assert len(told) <= (3 if restarted else 1)


@given(
    st.text(max_size=300),
    st.integers(0, 255),
    st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=80)),
)
def test_anything_delivered_says_something_or_nothing(
    text: str, esm_class: int, options: dict[int, bytes]
) -> None:
    """Whatever is delivered is read or is nothing; what it says has references without spaces."""
    content = text.encode("utf-8", "replace")
    delivered = Delivered("380501112233", "DOCS", esm_class, 0, content, options)
    reader = Reader("DOCS", References(), lambda: datetime(2026, 11, 30, tzinfo=UTC))

    for incoming in reader.read(delivered):
        assert "+380501112233" == incoming.address
        if isinstance(incoming.body, DeliveryReceipt):
            assert is_receipt(delivered)
            assert 1 == len(incoming.body.reference.split(" "))


@given(st.text(min_size=1, max_size=65))
def test_an_id_has_one_spelling_without_spaces(identity: str) -> None:
    """A reference holds nothing that would make it two; written again it is the same."""
    once = canonical(identity)

    assert once == canonical(once)
    assert set(once) <= set(map(chr, range(0x21, 0x7F)))
    assert once in spellings(identity)


def test_no_more_ids_are_remembered_than_there_is_room_for() -> None:
    """The oldest ids are forgotten first, and those that come again are young."""
    references = References(2)
    for one in ("aa", "bb", "aa", "cc"):
        references.taken(one)

    assert [("aa",), ("cc",)] == [references.meant("aa"), references.meant("cc")]
    assert ("bb", "187") == references.meant("bb")


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=300)), max_size=20), st.data())
def test_units_are_cut_wherever_the_network_cuts(units: list[tuple[int, bytes]], data: st.DataObject) -> None:
    """However bytes are cut on their way, the same units come out."""
    wire = b"".join(pdus.pdu(4, sequence, body) for sequence, body in units)
    frames, found = Frames(), list[pdus.Pdu]()
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        frames.feed(wire[:size])
        wire = wire[size:]
        while taken := frames.take(3):
            found += taken

    assert units == [(unit.sequence, unit.body) for unit in found]


@pytest.mark.parametrize("length", [0, 15, pdus.LONGEST + 1, 2**32 - 1])
def test_a_length_that_no_unit_has_ends_it(length: int) -> None:
    """Where no unit can begin nothing is waited for."""
    frames = Frames()
    frames.feed(length.to_bytes(4) + b"\0" * 12)

    with pytest.raises(MalformedError):
        frames.take(1)
