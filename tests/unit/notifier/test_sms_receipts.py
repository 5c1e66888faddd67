"""Delivery receipts of SMS in their spellings, and the ids that they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.sms.receipts import (
    SaidReceipt,
    fate_of,
    fate_of_state,
    read_receipt,
    receipt_of,
    reference_of,
)
from services.notifier.domain.incoming import DeliveryReceipt

TEXT = (
    "id:0123456789 sub:001 dlvrd:001 submit date:2611301201 done date:2611301202 "
    "stat:DELIVRD err:000 text:Ready to be"
)


@pytest.mark.parametrize(
    ("spelling", "fate"),
    [
        *[
            (one, "delivered")
            for one in ("DELIVRD", "delivered", "Delivered", "DELIVERED_TO_HANDSET", "read")
        ],
        *[(one, "failed") for one in ("UNDELIV", "EXPIRED", "DELETED", "REJECTD", "Undelivered", "FAILED")],
        *[
            (one, "failed")
            for one in ("not delivered", "not_delivered", "Rejected", "undeliverable", "expired")
        ],
        *[
            (one, None)
            for one in ("ACCEPTD", "ENROUTE", "UNKNOWN", "SCHEDULED", "sent", "queued", "buffered")
        ],
        *[(one, None) for one in ("DELIVERED_TO_OPERATOR", "delivering", "", "42", "х" * 5000)],
    ],
)
def test_each_spelling_says_what_became_of_a_text(spelling: str, fate: str | None) -> None:
    """It arrived, never will, or nothing is known yet."""
    assert fate == fate_of(spelling)


def test_a_provider_may_have_words_of_its_own() -> None:
    """What a description adds counts before what is known anyway."""
    assert ("delivered", "failed") == (fate_of("3", {"3"}, {"9"}), fate_of("9", {"3"}, {"9"}))
    assert "failed" == fate_of("DELIVRD", frozenset(), {"DELIVRD"})


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        (1, None),
        (2, "delivered"),
        (3, "failed"),
        (4, "failed"),
        (5, "failed"),
        (6, None),
        (7, None),
        (8, "failed"),
    ],
)
def test_states_are_those_of_smpp(state: int, fate: str | None) -> None:
    """The state by its number means what the same in words does."""
    assert fate == fate_of_state(state)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, SaidReceipt("0123456789", "DELIVRD", "000")),
        ("stat:UNDELIV id:c0ffee err:69", SaidReceipt("c0ffee", "UNDELIV", "69")),
        ("ID: 7 STAT: EXPIRED Text: id:8 stat:DELIVRD", SaidReceipt("7", "EXPIRED")),
        ("id:1 id:2 stat:DELIVRD stat:UNDELIV", SaidReceipt("1", "DELIVRD")),
        ("hello", None),
        ("id:7", None),
        ("text:id:7 stat:DELIVRD", None),
        ("", None),
    ],
)
def test_the_text_of_a_receipt_is_read(text: str, expected: SaidReceipt | None) -> None:
    """Its fields stand in any order; what the message itself says is never taken for one."""
    assert expected == read_receipt(text)


@given(st.integers(0, 2**64 - 1), st.sampled_from(["{:x}", "{:X}", "0x{:x}", "{:016x}"]))
def test_an_id_is_the_same_in_hex_and_in_decimal(number: int, form: str) -> None:
    """However an id is written in the answer, the receipt's finds it."""
    assert reference_of(f" {number} ", "decimal") == reference_of(form.format(number), "hex")


@given(st.text(max_size=200))
def test_no_text_breaks_an_id(text: str) -> None:
    """Whatever stands for an id, it is one of at most 128 characters, or none."""
    for base in ("text", "hex", "decimal"):
        found = reference_of(text, base)
        assert found is None or 0 < len(found) <= 128


@given(st.text(max_size=2000))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever comes in, a receipt is read or it is none."""
    read_receipt(text)
    read_receipt(f"id:{text} stat:{text}")
    fate_of(text)


def test_a_receipt_keeps_the_reason_of_a_failure_alone() -> None:
    """The error that a network names beside a delivered text is none."""
    assert DeliveryReceipt("7", "failed", "069") == receipt_of("7", "failed", "069")
    assert DeliveryReceipt("7", "delivered") == receipt_of("7", "delivered", "000")
