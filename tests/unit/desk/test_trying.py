"""What a question finds, and what somebody who answers it is suggested."""

from datetime import date

import pytest

from contracts.catalogue import load_catalogue, our_phrasing
from language.leaving import leaving
from sandbox.agency import CATALOGUE
from services.desk.domain.finding import Knowledge
from services.desk.domain.trying import gaps, suggested, tried

DAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    catalogue = load_catalogue(CATALOGUE)
    return Knowledge.of(catalogue.answers.values(), our_phrasing().with_more(catalogue).words)


def ask(knowledge: Knowledge, text: str, language: str = "uk", **values: str) -> list[tuple[str, str, bool]]:
    """Return what is suggested to somebody whose passport is ready: answers, texts, and whether for sure."""
    found = suggested(
        knowledge, text, language, DAY, document="foreign_passport", stage="arrived", values=values
    )
    return [(one.answer, one.text, one.sure) for one in found]


def test_a_clear_question_has_one_sure_suggestion_in_its_language(knowledge: Knowledge) -> None:
    """The answer that stands out comes first, in the citizen's language."""
    variant = next(iter(knowledge.answers["proxy"].questions["en"]))

    (first, text, sure), *others = ask(knowledge, variant, "en")

    assert ("proxy", True) == (first, sure)
    assert knowledge.answers["proxy"].text["en"] == text
    assert [False] * len(others) == [one[2] for one in others]


def test_nothing_is_suggested_for_what_nobody_knows(knowledge: Knowledge) -> None:
    """A text like nothing in the base has no suggestion, and neither has an empty one."""
    assert [] == ask(knowledge, "xyzzy plugh")
    assert [] == ask(knowledge, "")


def test_placeholders_are_filled_or_named(knowledge: Knowledge) -> None:
    """What is known stands in the text; what is not is named, so that it is not sent like that."""
    answer = next(one for one in knowledge.answers.values() if "{office}" in one.text["uk"])
    variant = answer.questions["uk"][0]

    filled = {name: text for name, text, _ in ask(knowledge, variant, office="Київ 1")}
    bare = suggested(knowledge, variant, "uk", DAY, document="foreign_passport", stage="arrived", values={})

    assert "Київ 1" in filled[answer.id]
    assert "office" in next(one.gaps for one in bare if one.answer == answer.id)
    assert ("address", "office") == gaps("{office} {address} {office}")


def test_a_rule_comes_before_any_likeness(knowledge: Knowledge) -> None:
    """Whoever wants to stop is told so as the bot does, whatever the words are like."""
    assert "stop" == tried(knowledge, "не пишіть мені більше", leaving, DAY).rule
    trial = tried(knowledge, next(iter(knowledge.answers["proxy"].questions["uk"])), leaving, DAY)

    assert (None, "clear", "proxy") == (trial.rule, trial.found.verdict, trial.found.label)
    assert knowledge.answers["proxy"] == trial.answer(trial.found.candidates[0])
