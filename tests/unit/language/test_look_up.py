"""Rules of the look-up that no base of phrasings changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language import Base, Phrase, Vocabulary

WORDS = ("office", "hours", "fee", "passport", "parking", "bicycle", "lost", "ready", "photo", "abroad")
PHRASINGS = st.lists(
    st.tuples(
        st.sampled_from(["one", "two", "three", "four"]),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
    ),
    min_size=1,
    max_size=30,
)


def _base(phrasings: list[tuple[str, str]]) -> Base:
    return Base([Phrase(label, "en", text) for label, text in phrasings], Vocabulary({}))


@given(PHRASINGS)
def test_the_very_same_words_come_first(phrasings: list[tuple[str, str]]) -> None:
    """A phrasing of the base finds a label that has it, surely unless another label has it too."""
    base = _base(phrasings)
    for label, text in phrasings:
        found = base.look_up(text.upper() + "?!")

        assert found.label in base.same(text)
        assert label in base.same(text)
        assert found.verdict == "clear" or len({one.label for one in found.candidates}) > 1


@given(PHRASINGS, st.sampled_from(["one", "two", "three"]))
def test_what_may_not_be_meant_is_not_there(phrasings: list[tuple[str, str]], barred: str) -> None:
    """A label that is left out is never found, and the others fare as if nobody had asked about it."""
    base = _base(phrasings)
    for _, text in phrasings:
        found = base.look_up(text, among=lambda label: label != barred)

        assert barred not in [one.label for one in found.candidates]
        if not found.candidates:
            assert found.verdict == "none"


@given(PHRASINGS)
def test_the_same_base_gives_the_same_answers(phrasings: list[tuple[str, str]]) -> None:
    """Two bases of the same phrasings say the same of every text, to the last digit."""
    one, other = _base(phrasings), _base(phrasings)

    assert [one.look_up(text) for _, text in phrasings] == [other.look_up(text) for _, text in phrasings]


def test_an_empty_base_finds_nothing() -> None:
    """An agency without any answers has a base too."""
    assert "none" == _base([]).look_up("passport fee").verdict
    assert "none" == _base([("fee", "passport fee")]).look_up("").verdict


def test_as_if_nobody_had_asked_so() -> None:
    """Without phrasings of the very same words others of the label may still find it."""
    base = _base([("fee", "passport fee"), ("fee", "fee of the passport"), ("parking", "bicycle parking")])

    assert "fee" == base.look_up("passport fee", unlike=True).label
    assert base.look_up("bicycle parking", unlike=True).label is None


@pytest.mark.parametrize("said", ["хворіла", "захворіла", "прихворіли", "похворів"])
def test_a_root_is_known_behind_its_prefix(said: str) -> None:
    """A word that means nothing by itself means what its root does, with a Slavic prefix before it."""
    (found,) = Vocabulary({"ill": ["хвор*"]}).read((said,))

    assert {"ill"} == found.meanings
    assert found.read_as is None


def test_another_word_is_no_slip() -> None:
    """A short beginning with a slip stands for its own forms, never for a word that goes on otherwise."""
    known = Vocabulary({"suitcase": ["валіз*"], "erase": ["видал*"]})

    assert {"suitcase"} == known.read(("велізою",))[0].meanings
    assert frozenset() == known.read(("відслідковувати",))[0].meanings
