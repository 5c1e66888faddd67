"""All spellings of one application number become one key, and of that only a keyed hash goes on."""

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.lookalikes import CYRILLIC, LATIN
from sandbox.agency.numbers import numbers, typed
from services.ingest.domain.numbers import Numbering, application, mentions

DEFAULT = Numbering.of("sample", (r"^[0-9]{10}$", r"^[A-Z]{2}-?[0-9]{9}$"))
DASHED = Numbering.of("sample", (r"^\d{10}$", r"^[A-Z]{2}-\d{9}$"))
SEPARATORS = ("", "", "", "-", "\u2011", "\u2013", "\u2014", "−", " ", "\u00a0", "\u200b", "\t", "－")
_TWINS: Mapping[str, str] = {
    latin: cyrillic for cyrillic, latin in reversed(list(zip(CYRILLIC, LATIN, strict=True)))
}

letters = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
digits = st.sampled_from("0123456789")
canonical = st.one_of(
    st.text(digits, min_size=10, max_size=10),
    st.builds(str.__add__, st.text(letters, min_size=2, max_size=2), st.text(digits, min_size=9, max_size=9)),
)


def ways(character: str, *, in_series: bool) -> list[str]:
    wide = chr(ord(character) - 0x21 + 0xFF01)
    found = [character, character, wide, character.lower()]
    if in_series:
        found += [_TWINS.get(character, character), _TWINS.get(character, character).lower()]
        found += {"I": ["1", "Ӏ"], "O": ["0"]}.get(character, [])
    else:
        found += {"0": ["O", "О", "o"], "1": ["I", "І", "l"], "3": ["З"]}.get(character, [])
    return found


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A canonical number without separators, and one way in which people write it."""
    number = draw(canonical)
    written = [
        draw(st.sampled_from(ways(character, in_series=character.isalpha())))
        + draw(st.sampled_from(SEPARATORS))
        for character in number
    ]
    return number, "".join(written)


@given(spellings())
@example(("IB123456789", "1В\u2011123456789"))
@example(("IB123456789", "ІB 123456789"))
def test_every_spelling_has_the_number_itself_as_its_key(case: tuple[str, str]) -> None:
    """Case, width, dashes, spaces and look-alike letters never change which application is meant."""
    number, written = case

    keys = {numbering.match_key(written) for numbering in (DEFAULT, DASHED)}

    assert {number} == keys


@given(st.randoms(), st.integers(min_value=1, max_value=30))
def test_the_sample_agencys_clerks_are_understood(random: Random, count: int) -> None:
    """Whatever the sample's clerks type folds back to the number they meant."""
    meant = numbers(random, count)

    keys = [DEFAULT.match_key(typed(random, number)) for number in meant]

    assert [number.replace("-", "") for number in meant] == keys


@given(canonical, canonical)
def test_different_numbers_stay_different(one: str, other: str) -> None:
    """Folding never makes two applications one."""
    keys = [application(DEFAULT, b"k" * 32, DEFAULT.match_key(number) or "").key for number in (one, other)]

    assert (one == other) == (keys[0] == keys[1])


@given(st.text(max_size=80))
def test_any_text_is_recognised_or_refused(text: str) -> None:
    """No text makes recognition fail, and what is recognised is in canonical form."""
    key = DEFAULT.match_key(text)

    assert key is None or DEFAULT.match_key(key) == key


@pytest.mark.parametrize(
    "wrong", ["", "-", "AB-12345678", "ABC-123456789", "Ж1-123456789", "12345678901", "Л" * 70]
)
def test_what_fits_no_pattern_is_refused(wrong: str) -> None:
    """A number of another shape, or with letters that look like no Latin one, is not recognised."""
    key = DEFAULT.match_key(wrong)

    assert key is None


def test_a_cyrillic_series_is_compared_by_its_looks() -> None:
    """An agency whose pattern is written in Cyrillic has one key for both alphabets."""
    numbering = Numbering.of("sample", ("^[А-ЯІЇЄ]{2}[0-9]{6}$",))

    keys = {numbering.match_key(number) for number in ("СН 123456", "CH123456", "сн-123456")}

    assert {"CH123456"} == keys
    assert numbering.match_key("ФЮ123456") == "ФЮ123456"


def test_a_number_of_another_shape_is_recognised_as_typed() -> None:
    """Patterns are not limited to a series and digits; such numbers must only be typed exactly."""
    numbering = Numbering.of("sample", (r"^\d{2}[A-Z]\d{3}/\d{2}$",))

    assert numbering.match_key("12a345/26") == "12A345/26"


@given(canonical, st.binary(min_size=32, max_size=32))
def test_of_a_number_only_its_tail_can_be_seen(number: str, pepper: bytes) -> None:
    """Key and mask hold no more of the number than its last four characters."""
    found = application(DEFAULT, pepper, number)

    assert f"…{number[-4:]}" == found.masked
    assert number not in found.key
    assert application(Numbering.of("other", ()), pepper, number).key != found.key


def test_a_text_that_spells_the_number_out_is_noticed() -> None:
    """An id made of the number is found whatever separators it has."""
    assert mentions("evt-ab-123456789-7", "AB123456789")
    assert not mentions("evt-17", "AB123456789")
