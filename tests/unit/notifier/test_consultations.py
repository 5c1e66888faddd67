"""Consultations as rules: any path ends, and the same facts give the same list, whichever came first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalogue import Catalogue, Consultation
from contracts.catalogue.consultation_checks import Known, check_consultation
from contracts.catalogue.consultations import MOST_ASKED
from contracts.catalogue.reading.problems import Path
from services.notifier.domain.consultations import (
    UNSURE,
    answered,
    back,
    decoded,
    encoded,
    next_question,
    result_of,
    settled,
)
from tests.unit.notifier.drawn_consultations import consultations, ways

KNOWN = Known({"d"}, {f"p{number}" for number in range(4)}, set(), {"d"}, currency=False)


def everything(draw: st.DataObject, consultation: Consultation) -> dict[str, str]:
    """An answer to each question, whether it is asked or not."""
    return {
        code: draw.draw(st.sampled_from([*question.answers, *([UNSURE] if question.unsure else [])]))
        for code, question in consultation.questions.items()
    }


def walk(consultation: Consultation, facts: dict[str, str]) -> dict[str, str]:
    """Answer what is asked, one after the other."""
    answers: dict[str, str] = {}
    for _ in consultation.questions:
        code = next_question(consultation, answers)
        if code is not None:
            answers = answered(consultation, answers, facts[code])
    return answers


@given(consultation=consultations(), draw=st.data())
def test_any_path_ends(consultation: Consultation, draw: st.DataObject) -> None:
    """No more questions are asked than there are, each of them once."""
    answers = walk(consultation, everything(draw, consultation))

    assert next_question(consultation, answers) is None


@given(consultation=consultations(), draw=st.data())
def test_order_does_not_matter(consultation: Consultation, draw: st.DataObject) -> None:
    """What is known beforehand, in whatever order, gives the list that asking gives."""
    facts = everything(draw, consultation)
    order = draw.draw(st.permutations(list(facts)))
    known = {code: facts[code] for code in order[: draw.draw(st.integers(0, len(order)))]}

    while (code := next_question(consultation, known)) is not None:
        known = {code: facts[code], **known}

    assert result_of(consultation, walk(consultation, facts)) == result_of(consultation, known)
    assert walk(consultation, facts) == settled(consultation, known)


@given(consultation=consultations(), draw=st.data())
def test_back_undoes_an_answer(consultation: Consultation, draw: st.DataObject) -> None:
    """After each answer, going back leads to the same question with the same answers; then to none."""
    facts = everything(draw, consultation)
    answers: dict[str, str] = {}
    while (code := next_question(consultation, answers)) is not None:
        after = answered(consultation, answers, facts[code])
        assert (answers, code) == ((before := back(consultation, after)), next_question(consultation, before))
        answers = after
    for _ in facts:
        answers = back(consultation, answers)
    assert answers == {}


@given(consultation=consultations(), draw=st.data())
def test_another_answer_in_the_middle(consultation: Consultation, draw: st.DataObject) -> None:
    """Whoever goes back and answers otherwise gets the list of who answered so at once."""
    facts, others = everything(draw, consultation), everything(draw, consultation)
    answers = walk(consultation, facts)
    for _ in range(draw.draw(st.integers(0, len(answers)))):
        answers = back(consultation, answers)
    mixed = {**others, **answers}

    while (code := next_question(consultation, answers)) is not None:
        answers = answered(consultation, answers, mixed[code])

    assert result_of(consultation, walk(consultation, mixed)) == result_of(consultation, answers)


@given(consultation=consultations(), draw=st.data())
def test_answers_travel_as_text(consultation: Consultation, draw: st.DataObject) -> None:
    """Answers come back from their text, one letter a question, whichever are known."""
    facts = everything(draw, consultation)
    some = draw.draw(st.sets(st.sampled_from(sorted(facts))))
    known = {code: answer for code, answer in facts.items() if code in some}

    text = encoded(consultation, known)

    assert len(text) <= len(consultation.questions)
    assert known == decoded(consultation, text)


@given(consultation=consultations(), text=st.text("0123456789abz-?", max_size=20))
def test_any_text_is_read_or_refused(consultation: Consultation, text: str) -> None:
    """A text from outside is answers to these questions, or nothing."""
    found = decoded(consultation, text)

    assert found is None or text.rstrip("-") == encoded(consultation, found)


@settings(max_examples=150)
@given(consultation=consultations())
def test_the_check_finds_what_no_way_leads_to(consultation: Consultation) -> None:
    """What the check says is in vain is what nobody meets who walks every way; an empty list is found too."""
    said: dict[Path, str] = {}

    def complain(path: Path, detail: str) -> None:
        said.setdefault(path[2:], detail)

    check_consultation(consultation, KNOWN, complain)
    asked: set[str] = set()
    told: set[str] = set()
    empty = False
    for answers in ways(consultation):
        result = result_of(consultation, answers)
        asked |= answers.keys()
        told |= {remark["en"] for needed in result.papers for remark in needed.remarks}
        told |= {one.text["en"] for one in result.advice}
        empty |= not result.ended and not result.papers

    never = {path for path, detail in said.items() if "nobody's answers lead there" in detail}
    assert {("questions", code) for code in consultation.questions.keys() - asked} == {
        path for path in never if path[0] == "questions"
    }
    assert {
        ("papers", index)
        for index, paper in enumerate(consultation.papers)
        if (paper.remark or {})["en"] not in told
    } == {path for path in never if path[0] == "papers"}
    assert {
        ("advice", index) for index, one in enumerate(consultation.advice) if one.text["en"] not in told
    } == {path for path in never if path[0] == "advice"}
    assert empty == (("papers",) in said)


@pytest.mark.parametrize(
    "code", ["foreign_passport", "id_card", "temporary_residence", "permanent_residence"]
)
def test_every_way_of_the_sample(catalogue: Catalogue, code: str) -> None:
    """Every way of the sample ends with papers, or with advice, after questions that people bear."""
    consultation = catalogue.consultations[code]
    assert len(consultation.questions) >= 4

    for answers in ways(consultation):
        result = result_of(consultation, answers)
        assert len(answers) <= MOST_ASKED
        assert result.advice if result.ended else result.papers
        assert result.ended or result.terms


def test_not_to_know_counts_as_said(catalogue: Catalogue) -> None:
    """Not to know gives the list of what it means, and says what was taken for granted."""
    consultation = catalogue.consultations["foreign_passport"]
    known = {"citizen": "yes", "age": "from_16", "reason": "first"}

    no = result_of(consultation, {**known, "displaced": "no"})
    unsure = result_of(consultation, {**known, "displaced": UNSURE})

    assert (no.papers, no.terms) == (unsure.papers, unsure.terms)
    assert () == no.unsure
    assert 1 == len(unsure.unsure)
