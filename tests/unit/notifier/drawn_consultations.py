"""Consultations drawn at random, and every way through one, walked as a person would."""

from collections.abc import Iterator

from hypothesis import strategies as st

from contracts.catalogue import Consultation
from services.notifier.domain.consultations import UNSURE, answered, next_question

TEXT = {"en": "x"}


@st.composite
def _when(draw: st.DrawFn, asked: dict[str, list[str]]) -> list[dict[str, list[str]]]:
    """Nothing, or one or two cases over questions that may be asked."""
    if not asked or draw(st.booleans()):
        return []
    case = st.dictionaries(st.sampled_from(sorted(asked)), st.just(()), min_size=1, max_size=2)
    return [
        {
            code: draw(st.lists(st.sampled_from(asked[code]), min_size=1, max_size=2, unique=True))
            for code in one
        }
        for one in draw(st.lists(case, min_size=1, max_size=2))
    ]


@st.composite
def consultations(draw: st.DrawFn) -> Consultation:
    """Return up to five questions, each with up to three answers, and rules over them."""
    asked: dict[str, list[str]] = {}
    questions = {}
    for number in range(draw(st.integers(1, 5))):
        answers = [f"a{one}" for one in range(draw(st.integers(2, 3)))]
        question: dict[str, object] = {"text": TEXT, "answers": dict.fromkeys(answers, TEXT)}
        question["when"] = draw(_when(asked))
        if draw(st.booleans()):
            question["unsure"] = {"means": draw(st.sampled_from(answers)), "remark": TEXT}
        questions[f"q{number}"] = question
        asked[f"q{number}"] = answers
    papers = [
        {"paper": f"p{draw(st.integers(0, 3))}", "remark": {"en": f"r{number}"}, "when": draw(_when(asked))}
        for number in range(draw(st.integers(1, 4)))
    ]
    terms = [{"name": TEXT, "days": 1, "when": draw(_when(asked))} for _ in range(draw(st.integers(0, 2)))]
    advice = [
        {"text": {"en": f"t{number}"}, "ends": draw(st.booleans()), "when": draw(_when(asked))}
        for number in range(draw(st.integers(0, 2)))
    ]
    # One that ends for everybody would leave nothing to ask.
    advice = [one for one in advice if one["when"] or not one["ends"]]
    written = {"code": "d", "questions": questions, "papers": papers, "terms": terms, "advice": advice}
    return Consultation.model_validate(written)


def ways(consultation: Consultation) -> Iterator[dict[str, str]]:
    """Yield the answers at the end of every way, not to know among them."""
    open_: list[dict[str, str]] = [{}]
    while open_:
        answers = open_.pop()
        code = next_question(consultation, answers)
        if code is None:
            yield answers
            continue
        question = consultation.questions[code]
        offered = [*question.answers, *([UNSURE] if question.unsure else [])]
        open_ += [answered(consultation, answers, answer) for answer in offered]
