import re
import unicodedata
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sandbox.agency.numbers import numbers, typed

LOOK_ALIKES = str.maketrans("АВСЕНІКМОРТХI", "ABCEH1KMOPTX1")
CANONICAL = re.compile(r"[0-9]{10}|[A-Z]{2}-[0-9]{9}")


def _random(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - examples that must repeat, nothing secret


def folded(spelled: str) -> str:
    """Return what is the same in every spelling of one number."""
    plain = unicodedata.normalize("NFKC", spelled).upper().translate(LOOK_ALIKES)
    return re.sub(r"[\s\u2010-\u2015-]", "", plain)


@given(st.integers(0, 2**32), st.integers(0, 300))
def test_numbers_are_canonical_and_stay_different_when_folded(seed: int, count: int) -> None:
    """No two applications can be taken for each other, however their numbers are typed."""
    made = numbers(_random(seed), count)

    assert count == len({folded(number) for number in made})
    assert all(CANONICAL.fullmatch(number) for number in made)


@given(st.integers(0, 2**32))
def test_every_spelling_folds_back_to_its_number(seed: int) -> None:
    """Whatever a clerk types can be recognised as the number that was meant."""
    random = _random(seed)
    number = numbers(random, 1)[0]

    spellings = [typed(random, number) for _ in range(30)]

    assert {folded(number)} == {folded(spelled) for spelled in spellings}


def test_all_kinds_of_slips_occur() -> None:
    """Cyrillic letters, a digit in the series, odd and missing dashes, small letters and spaces all come."""
    random = _random(1)
    spellings = {typed(random, number) for number in numbers(random, 3000)}
    kinds = {
        "cyrillic": r"[А-ЯІ]",
        "one for a letter": r"1[A-Z]-?\d{9}|[A-Z]1-?\d{9}",
        "non-breaking hyphen": "\u2011",
        "no dash": r"[A-Z]{2}\d{9}",
        "space for the dash": r"[A-Z]{2} \d{9}",
        "small letters": r"[a-z]{2}-\d{9}",
        "padded": r"^\s|\s$",
        "grouped": r"\d{4} \d{6}",
    }

    missing = {
        kind for kind, pattern in kinds.items() if not any(re.search(pattern, one) for one in spellings)
    }

    assert set() == missing
