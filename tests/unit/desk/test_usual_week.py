"""The usual week of an office in a line of an answer, in the citizen's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.desk.page.usual_week import usual_week


@pytest.mark.parametrize(
    ("notation", "language", "expected"),
    [
        ("Mo-Fr 08:00-12:00,13:00-17:00; PH off", "en", "Mon–Fri 08:00–12:00, 13:00–17:00"),
        ("Mo-Th 09:00-18:00; Fr 09:00-16:00; PH off", "uk", "пн–чт 09:00–18:00; пт 09:00–16:00"),
        ("Mo-Su 09:00-18:00", "ru", "09:00–18:00"),
        ("Fr 22:00-02:00", "en", "Fri 22:00–02:00"),
        ('Mo-Fr 09:00-18:00 "by appointment"', "en", 'Mo-Fr 09:00-18:00 "by appointment"'),
        ("Mo-Fr sunrise-sunset", "en", "Mo-Fr sunrise-sunset"),
        ("week 1-53/2 Mo 09:00-18:00", "en", "week 1-53/2 Mo 09:00-18:00"),
    ],
)
def test_days_with_the_same_hours_stand_together(notation: str, language: str, expected: str) -> None:
    """Hours that are the same every week are told in words, any others as the agency wrote them."""
    assert expected == usual_week(notation, language)


@given(st.text(max_size=60))
def test_whatever_is_written_there_is_a_line(notation: str) -> None:
    """No notation makes an answer fail; one that nobody understands is left as it stands."""
    assert isinstance(usual_week(notation, "uk"), str)
