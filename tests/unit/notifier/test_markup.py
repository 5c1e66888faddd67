"""Values on their way into a message."""

import itertools
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.domain.messages import Run, Text, joined, merged, shown, utf16_length
from services.notifier.wording.markup import (
    LETTER,
    bold,
    cleaned,
    clipped,
    fill,
    letters,
    lines,
    paragraphs,
    text_of,
)

PARTS = ("\ufe0f", "\u200c", "\u200d", "\U000e0067", "\U000e0062", "\U000e0065", "\U000e006e", "\U000e007f")
"""What shows nothing by itself and is a part of what people type."""

PIECES = (
    "👨\u200d👩\u200d👧",
    "👨🏻\u200d❤\ufe0f\u200d💋\u200d👨🏿",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "🏴\u200d☠\ufe0f",
    "1\ufe0f\u20e3",
    "🇺🇦",
    "❤\ufe0f",
    "\U0001fae9",  # Unicode 16
    "\U0001faea",  # Unicode 17
    "\U0001faff",  # kept free for one to come
    "\U0001faff\u200d\U0001fafe",
    "ї",
    "и\u0306",
    "ẹ\u0302\u0301",
    "क्ष",
    "ك",
    "ß",
    "漢",
)
"""What people count as one letter."""

HIDDEN = (
    *("\u202e", "\u2066", "\u200e", "\u061c", "\u200b", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e"),
    *("\u3164", "\u115f", "\uffa0", "\x00", "\x7f", "\ufdd0", "\ue000", "\ud800", "\U000e0001"),
)

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)


MIXED = st.lists(st.sampled_from([*HIDDEN, *PARTS, *PIECES, " ", "\u00a0"]), max_size=30).map("".join)


@given(ANYTHING)
def test_utf16_length_is_what_utf16_takes(text: str) -> None:
    """A length counts UTF-16 units."""
    assert len(text.encode("utf-16-le", "surrogatepass")) // 2 == utf16_length(text)


@given(ANYTHING | MIXED)
@example("\u0600\u200c\u0600")  # a hidden sign of a script whose letters are joined
def test_cleaned_values_are_one_visible_line(text: str) -> None:
    """No control, bidi or broken character is left, nothing hidden alone, no run of blanks, no outer one."""
    value = cleaned(text)

    kinds = {unicodedata.category(character) for character in value if character not in PARTS}
    assert not kinds & {"Cf", "Cc", "Cs", "Co", "Zl", "Zp"}
    assert not set(value) & set(HIDDEN)
    assert "  " not in value
    assert value == value.strip() == cleaned(value)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12))
def test_what_people_type_is_kept(pieces: list[str]) -> None:
    """Emoji of every make, also of a Unicode to come, and letters of every script stay as they were typed."""
    text = " ".join(pieces)

    assert text == cleaned(text)
    assert text.replace(" ", "") == cleaned(text.replace(" ", ""))


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), st.lists(st.sampled_from(HIDDEN), max_size=8)
)
def test_padding_changes_nothing(pieces: list[str], hidden: list[str]) -> None:
    """Whatever is hidden between what people type, at its ends or behind the end is gone."""
    text, padding = " ".join(pieces), "".join(hidden)

    assert text == cleaned(padding + text.replace(" ", f" {padding}") + padding)


@pytest.mark.parametrize(
    "text", ["\u00a0", "\u3164", "\u2800", "\ufe0f", "\u200d", "\u034f", "\U000e0041", "\uffa0 \u115f"]
)
def test_what_shows_nothing_is_nothing(text: str) -> None:
    """A text of blanks and padding alone is empty."""
    assert cleaned(text) == ""


@given(st.integers(0, 500))
def test_marks_do_not_pile_up(count: int) -> None:
    """A letter bears its marks, and no tower of them."""
    assert cleaned("a" + "\u0301" * count + "b") == "a" + "\u0301" * min(count, 8) + "b"


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_letters_are_what_people_count(pieces: list[str]) -> None:
    """Each emoji is one, and so is each letter with its marks, whatever they are made of."""
    assert len(pieces) == letters(" ".join(pieces)) - max(0, len(pieces) - 1)


@given(ANYTHING)
def test_as_many_letters_take_as_many_units_at_most(text: str) -> None:
    """A limit of letters is one of units too, so that nothing is made long by piling up."""
    assert utf16_length(text) <= LETTER * letters(text)
    assert letters(text) <= len(text)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12), st.integers(1, 60))
def test_clipping_cuts_no_letter(pieces: list[str], units: int) -> None:
    """What is cut is cut between letters: no emoji becomes the half of one."""
    value = clipped("".join(pieces), units).removesuffix("…")

    assert value in {"".join(pieces[:count]) for count in range(len(pieces) + 1)}


@given(ANYTHING, st.integers(1, 50))
def test_clipped_values_fit(text: str, units: int) -> None:
    """What is too long is cut with an ellipsis, what fits stays."""
    value = clipped(text, units)

    assert utf16_length(value) <= units
    assert value == text or value.endswith("…")


@given(ANYTHING)
def test_values_are_shown_as_they_were(text: str) -> None:
    """A value is shown cleaned, and one that is a text already stays as it is."""
    value = text_of(text)

    assert clipped(cleaned(text), 800) == shown(value)
    assert value == text_of(value)


VALUES = st.text(st.sampled_from("aб<&{}"), max_size=6)
RUNS = st.builds(Run, VALUES.filter(bool), st.booleans(), st.booleans())
TEXTS = st.lists(RUNS, max_size=5).map(tuple)


def emphasised(text: Text) -> list[tuple[str, bool, bool]]:
    """Each character with its emphasis, however the text is cut into runs."""
    return [(character, run.bold, run.italic) for run in text for character in run.text]


@given(st.lists(TEXTS, max_size=5))
def test_texts_are_joined_as_they_are(texts: list[Text]) -> None:
    """Each keeps its emphasis, and what stands between is between two that are there."""
    found = joined(texts, Run(", "))

    wanted: list[tuple[str, bool, bool]] = []
    for number, text in enumerate(filter(None, texts)):
        wanted += [(character, False, False) for character in ", " if number]
        wanted += emphasised(text)
    assert wanted == emphasised(found)


@given(TEXTS)
def test_merging_changes_nothing_but_where_runs_begin(text: Text) -> None:
    """Neighbours differ in their emphasis, and each character has the one that it had."""
    found = merged(text)

    assert emphasised(text) == emphasised(found)
    assert all((a.bold, a.italic) != (b.bold, b.italic) for a, b in itertools.pairwise(found))


@given(VALUES, TEXTS)
def test_values_stand_where_the_sentence_has_them(value: str, emphatic: Text) -> None:
    """A sentence is filled with values of its own emphasis, whatever signs are in them."""
    found = fill("One {value}, {emphatic}; {value}.", {"value": value, "emphatic": emphatic})

    told = shown(text_of(value))
    assert f"One {told}, {shown(emphatic)}; {told}." == shown(found)
    assert [one for one in emphasised(emphatic) if one[1] or one[2]] == [
        one for one in emphasised(found) if one[1] or one[2]
    ]


def test_parts_that_are_not_there_leave_no_gap() -> None:
    """Lines and paragraphs stand between what is there."""
    assert "a\nb" == shown(lines(text_of("a"), None, text_of(""), bold("b")))
    assert "a\n\nb" == shown(paragraphs((None, text_of("a"), text_of("b"))))
    assert () == lines(None, text_of(" "))
