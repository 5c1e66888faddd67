"""Opening hours in words, and only where words say it right."""

import pytest
from babel.core import Locale
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.wording.opening_hours import closed_on_holidays, told


@pytest.mark.parametrize(
    ("notation", "language", "words"),
    [
        ("Mo-Fr 09:00-18:00; Sa 09:00-14:00; PH off", "en_GB", "Mon–Fri 09:00–18:00; Sat 09:00–14:00"),
        ("Mo-Fr 09:00-18:00; Sa 09:00-14:00; PH off", "uk", "пн–пт 09:00–18:00; сб 09:00–14:00"),
        ("Mo-Fr 09:00-13:00,14:00-18:00", "ru", "пн–пт 09:00–13:00, 14:00–18:00"),
        ("Mo,We 10:00-12:00", "en_GB", "Mon 10:00–12:00; Wed 10:00–12:00"),
        ("24/7", "en_GB", "Mon–Sun 00:00–24:00"),
        ("Fr 22:00-02:00", "en_GB", "Fri 22:00–24:00; Sat 00:00–02:00"),
        ("May Mo 10:00-12:00", "uk", None),
        ("Mo 09:00-10:00; SH off", "uk", None),
        ("Mo 09:00-10:00; PH 10:00-11:00", "uk", None),
        ('Mo 09:00-10:00 "by appointment"', "uk", None),
        ("off", "uk", None),
        ("nine to five", "uk", None),
    ],
)
def test_hours_in_words(notation: str, language: str, words: str | None) -> None:
    """Weekly hours are told by days and times; what a week cannot tell is not told at all."""
    assert words == told(notation, Locale.parse(language))


@pytest.mark.parametrize(("notation", "off"), [("Mo 09:00-10:00; PH off", True), ("Mo 09:00-10:00", False)])
def test_holidays_off(notation: str, off: bool) -> None:  # noqa: FBT001 - a row of the table above
    """Days off on public holidays are told apart."""
    assert off is closed_on_holidays(notation)


@given(st.text(max_size=40))
def test_nothing_that_an_agency_writes_breaks_it(notation: str) -> None:
    """Whatever stands there is told in words or left as it is."""
    assert told(notation, Locale.parse("uk")) != ""
