"""Values on their way into a message."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.wording.markup import (
    LONGEST,
    Html,
    cleaned,
    clipped,
    escaped,
    paragraphs,
    shown,
    utf16_length,
)

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)


@given(ANYTHING)
def test_utf16_length_is_what_utf16_takes(text: str) -> None:
    """A length counts UTF-16 units."""
    assert len(text.encode("utf-16-le", "surrogatepass")) // 2 == utf16_length(text)


@given(ANYTHING)
def test_cleaned_values_are_one_visible_line(text: str) -> None:
    """No control, bidi, zero-width or broken character is left, and no run of blanks."""
    value = cleaned(text)

    assert not {unicodedata.category(character) for character in value} & {"Cf", "Cc", "Cs", "Co", "Cn"}
    assert "  " not in value
    assert value == cleaned(value)


@given(ANYTHING, st.integers(1, 50))
def test_clipped_values_fit(text: str, units: int) -> None:
    """What is too long is cut with an ellipsis, what fits stays."""
    value = clipped(text, units)

    assert utf16_length(value) <= units
    assert value == text or value.endswith("…")


@given(ANYTHING)
def test_escaped_values_are_shown_as_they_were(text: str) -> None:
    """Escaping changes nothing of what a reader sees."""
    assert cleaned(text) == shown(escaped(text))


def test_escaping_happens_once() -> None:
    """What is already safe is not escaped again."""
    assert "a &lt; b" == escaped(escaped("a < b"))


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=6))
def test_paragraphs_fit_into_one_message(lengths: list[int]) -> None:
    """Paragraphs at the end go where all of them are too long."""
    text = paragraphs([Html("x" * length) for length in lengths])

    assert len(text) <= LONGEST
    assert text.startswith("x" * lengths[0])
