"""Who may answer what, what is found in texts, and how content people were."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import load_catalogue
from language.finding import has_all, stems_of
from sandbox.agency import CATALOGUE
from services.desk.domain.queueing import fits, group_of, topics_of
from services.desk.domain.shares import FEWEST_RATED, FEWEST_STAFF, Rated, shares_of
from services.desk.domain.viewers import Viewer


def viewer(**skills: frozenset[str]) -> Viewer:
    """Return one of the staff."""
    return Viewer(uuid4(), "Olena", "Olena", frozenset({"operator"}), **skills)


def test_skills_are_languages_and_topics() -> None:
    """Whoever speaks the language and knows a topic fits; no skills are all, no topics everybody's."""
    expert = viewer(languages=frozenset({"uk"}), topics=frozenset({"id_card"}))

    assert fits(viewer(), "en", ["queue"])
    assert fits(expert, "uk", topics_of("photo", "id_card"))
    assert fits(expert, "uk", topics_of(None, None))
    assert not fits(expert, "en", ["id_card"])
    assert not fits(expert, "uk", ["queue"])


def test_a_group_is_who_works_for_the_same_offices() -> None:
    """Staff of the same offices are one group, in whatever order the offices are named."""
    assert "a+b" == group_of(viewer(offices=frozenset({"b", "a"})))
    assert "" == group_of(viewer())


def test_words_are_found_in_other_forms_and_alphabets() -> None:
    """A word is found in another form; where one of several is missing nothing is found."""
    text = "Подавала документи на закордонний паспорт"

    assert has_all(text, stems_of("паспорта"))
    assert has_all(text, stems_of("Закордонного документа"))
    assert not has_all(text, stems_of("паспорта прав"))
    assert not has_all(text, stems_of("..."))


@given(st.integers(0, 900))
def test_a_word_is_found_wherever_it_stands(before: int) -> None:
    """A word is found however much stands before it."""
    assert has_all("а " * (before // 2) + "посвідчення", stems_of("посвідчення"))


RATED = st.builds(
    lambda topic, group, rated, content: Rated(topic, "uk", group, min(rated, content), rated),
    st.sampled_from("ab"),
    st.sampled_from(["", "kyiv"]),
    st.integers(1, 20),
    st.integers(0, 20),
)


@given(st.lists(RATED, max_size=8), st.dictionaries(st.sampled_from(["", "kyiv"]), st.integers(1, 5)))
def test_no_share_is_that_of_few(rated: list[Rated], staff: dict[str, int]) -> None:
    """Shares are those of enough ratings and of groups that are large enough, and count every rating once."""
    found = shares_of(rated, staff)
    total = sum(one.rated for one in rated)

    assert all(staff[group] >= FEWEST_STAFF for group in found.groups)
    assert all(one.rated >= FEWEST_RATED for one in (*found.topics.values(), *found.groups.values()))
    assert (total if total >= FEWEST_RATED else None) == (found.together and found.together.rated)


def test_the_sample_says_when_its_people_answer() -> None:
    """The sample agency has people who answer, on terms that a desk can count with."""
    desk = load_catalogue(CATALOGUE).agency.desk

    assert desk is not None
    assert 24 == desk.promise_hours
