"""Telephone numbers as people type them and as providers write them, and the words that people send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.sms.keywords import wish_of
from services.notifier.channels.sms.numbers import E164, typed_number, written_number
from services.notifier.domain.incoming import Blocked, Unblocked


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("067 123 45 67", "+380671234567"),
        ("(067) 123-45-67", "+380671234567"),
        ("+380 67 123 45 67", "+380671234567"),
        ("380671234567", "+380671234567"),
        ("00380671234567", "+380671234567"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+1 650-253-0000", "+16502530000"),
        ("０６７ １２３ ４５ ６７", "+380671234567"),
        # A landline, a premium line, too short, too long, none.
        ("044 123 45 67", None),
        ("0900 123 456", None),
        ("+380 67 123", None),
        ("067123456789012345678901234567890123456789012345", None),
        ("Olena", None),
        ("", None),
        ("+", None),
    ],
)
def test_a_typed_number_is_that_of_a_mobile(typed: str, expected: str | None) -> None:
    """Any way to write a mobile number is understood, of one's own country without its code."""
    assert expected == typed_number(typed, "UA")


def test_without_a_country_a_number_must_name_its_own() -> None:
    """Nobody guesses whose number it is."""
    assert (None, "+380671234567") == (
        typed_number("067 123 45 67", None),
        typed_number("+380671234567", None),
    )


@given(st.text(max_size=100))
def test_no_text_breaks_a_number(text: str) -> None:
    """Whatever is typed or posted, a number in E.164 comes of it or none."""
    for found in (typed_number(text, "UA"), typed_number(text, None), written_number(text)):
        assert found is None or E164.fullmatch(found)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("380671234567", "+380671234567"),
        ("+380671234567", "+380671234567"),
        ("00380671234567", "+380671234567"),
        ("+380 (67) 123-45-67", "+380671234567"),
        ("Agency", None),
        ("3700", None),
        ("0671234567", None),
        ("1" * 60, None),
    ],
)
def test_a_provider_writes_numbers_with_their_country(written: str, expected: str | None) -> None:
    """With a plus or without; names and short numbers are no addresses."""
    assert expected == written_number(written)


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        *[
            (one, Blocked("stopped"))
            for one in ("STOP", " stop! ", "Стоп", "СТОП.", "stop all", "Stop please")
        ],
        *[
            (one, Blocked("stopped"))
            for one in ("UNSUBSCRIBE", "відписатися", "Отписаться", "отмена", "quit")
        ],
        *[(one, Unblocked()) for one in ("START", "Старт", "почати", "НАЧАТЬ", "unstop", "підписатися")],
        *[(one, None) for one in ("HELP", "допомога", "?", "", "де мій паспорт?", "не стоп", "hello")],
        *[
            (one, None)
            for one in ("stop sending me these texts", "стоп-машина зламалась учора", "stop " * 99)
        ],
    ],
)
def test_carriers_words_are_understood(said: str, wish: object) -> None:
    """The first of at most three words ends messages or lets them come again; anything else does nothing."""
    assert wish == wish_of(said)


@given(st.text(max_size=300))
def test_no_text_breaks_the_words(text: str) -> None:
    """Whatever is sent in, it is a wish or none."""
    assert wish_of(text) in (None, Blocked("stopped"), Unblocked())
