"""The code that people type: found again in any spelling, refused with any one mistake."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts import typed_code
from contracts.messages.rpc import TypedCode

codes = st.binary(min_size=8, max_size=32).map(typed_code.encode)
PLACES = st.integers(0, typed_code.LENGTH - 1)


@given(codes)
def test_a_code_fits_the_contract_and_is_its_own_spelling(code: str) -> None:
    """What is issued is what the tracker is asked about, printed in groups or not."""
    printed = typed_code.grouped(code)

    assert code == TypeAdapter(TypedCode).validate_python(code)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", printed)
    assert [code, code] == [typed_code.parse(code), typed_code.parse(printed)]


@given(codes, PLACES, st.sampled_from(typed_code.ALPHABET))
def test_one_wrong_character_is_always_found(code: str, place: int, wrong: str) -> None:
    """No single mistyped character leads to another valid code."""
    assume(code[place] != wrong)

    assert typed_code.parse(code[:place] + wrong + code[place + 1 :]) is None


@given(codes, PLACES, PLACES)
def test_two_swapped_characters_are_always_found(code: str, one: int, other: int) -> None:
    """Neighbours or not, two exchanged characters are noticed."""
    assume(code[one] != code[other])
    swapped = list(code)
    swapped[one], swapped[other] = swapped[other], swapped[one]

    assert typed_code.parse("".join(swapped)) is None


@given(codes, st.data())
def test_people_may_type_it_as_they_like(code: str, data: st.DataObject) -> None:
    """Lower case, spaces, dashes, O for 0, I or L for 1 and Cyrillic twins are understood."""
    twins = {
        "0": "0OoОо",
        "1": "1IiLlІі",
        "A": "AaАа",
        "B": "BВ",
        "C": "CСс",
        "E": "EЕе",
        "H": "HН",
        "K": "KКк",
    }
    written = "".join(
        data.draw(st.sampled_from(twins.get(character, character + character.lower())))
        + data.draw(st.sampled_from(["", "", " ", "-", "\u2011", "\u00a0"]))
        for character in code
    )

    assert code == typed_code.parse(f" {written} ")


@given(st.text(max_size=80))
def test_any_text_is_a_code_or_none(text: str) -> None:
    """No text makes parsing fail, and only whole codes come out."""
    found = typed_code.parse(text)

    assert found is None or typed_code.parse(found) == found


def test_the_code_of_known_bytes_never_changes() -> None:
    """Printed receipts must stay valid."""
    assert "000G40R40M30F" == typed_code.encode(bytes(range(8)))


def test_too_few_bytes_are_refused() -> None:
    """A code has 60 bits of secret or is not made."""
    with pytest.raises(ValueError, match="8 bytes"):
        typed_code.encode(b"1234567")
