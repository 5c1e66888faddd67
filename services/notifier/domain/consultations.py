"""A consultation in progress: what is asked next, what follows from the answers, and both as a short text.

Everything follows from the answers so far, whichever came first; nothing is kept anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.catalogue import Consultation, Texts
from contracts.catalogue.consultations import Advice, Facts, Question, Terms, Where, holds

UNSURE = "?"
"""The answer of somebody who does not know."""
_OPEN = "-"
_LETTERS = "0123456789ab"

Answers = Mapping[str, str]
"""What somebody answered: question -> answer, both by code, or UNSURE where the question allows it."""


@dataclass(frozen=True)
class Needed:
    """A paper to bring, by its code, with everything that there is to remark on it."""

    paper: str
    remarks: tuple[Texts, ...]


@dataclass(frozen=True)
class Result:
    """What follows from the answers; one that `ended` early has no list.

    `unsure` says what was taken for granted where somebody did not know. No `offices` are every office.
    """

    advice: tuple[Advice, ...]
    ended: bool
    papers: tuple[Needed, ...] = ()
    terms: tuple[Terms, ...] = ()
    where: tuple[Where, ...] = ()
    unsure: tuple[Texts, ...] = ()

    @property
    def offices(self) -> tuple[str, ...]:
        """Return the codes of the offices to go to, each once."""
        return tuple(dict.fromkeys(code for place in self.where for code in place.offices))


def next_question(consultation: Consultation, answers: Answers) -> str | None:
    """Return the question to ask now; None once everything is known."""
    asked = consultation.asked(_facts(consultation, answers))
    return next((code for code in asked if code not in answers), None)


def settled(consultation: Consultation, answers: Answers) -> dict[str, str]:
    """Return the answers that count, in the order of their questions: those to questions that are asked."""
    asked = consultation.asked(_facts(consultation, answers))
    return {code: answers[code] for code in asked if code in answers}


def answered(consultation: Consultation, answers: Answers, answer: str) -> dict[str, str]:
    """Return the answers with one to the question asked now; the same answers where nothing is asked."""
    code = next_question(consultation, answers)
    return dict(answers) if code is None else {**settled(consultation, answers), code: answer}


def back(consultation: Consultation, answers: Answers) -> dict[str, str]:
    """Return the answers without the last one that counts."""
    kept = settled(consultation, answers)
    if kept:
        kept.popitem()
    return kept


def result_of(consultation: Consultation, answers: Answers) -> Result:
    """Return what follows from the answers, in the order of the rules."""
    told = settled(consultation, answers)
    facts = _facts(consultation, told)
    advice = tuple(one for one in consultation.advice if holds(one.when, facts))
    doubts = (consultation.questions[code].unsure for code, answer in told.items() if answer == UNSURE)
    unsure = tuple(doubt.remark for doubt in doubts if doubt is not None)
    if consultation.ended(facts):
        return Result(tuple(one for one in advice if one.ends), ended=True, unsure=unsure)
    remarks: dict[str, list[Texts]] = {}
    for paper in consultation.papers:
        if holds(paper.when, facts):
            found = remarks.setdefault(paper.paper, [])
            if paper.remark is not None and paper.remark not in found:
                found.append(paper.remark)
    return Result(
        advice,
        ended=False,
        papers=tuple(Needed(code, tuple(found)) for code, found in remarks.items()),
        terms=tuple(one for one in consultation.terms if holds(one.when, facts)),
        where=tuple(one for one in consultation.where if holds(one.when, facts)),
        unsure=unsure,
    )


def encoded(consultation: Consultation, answers: Answers) -> str:
    """Return answers as a letter each, in the order of the questions; `decoded` reads it."""
    letters = [_letter(question, answers.get(code)) for code, question in consultation.questions.items()]
    return "".join(letters).rstrip(_OPEN)


def decoded(consultation: Consultation, text: str) -> dict[str, str] | None:
    """Return the answers that a text stands for; None where it is none of this consultation's."""
    if len(text) > len(consultation.questions):
        return None
    answers: dict[str, str] = {}
    for letter, (code, question) in zip(text, consultation.questions.items(), strict=False):
        offered, place = tuple(question.answers), _LETTERS.find(letter)
        if letter == UNSURE and question.unsure is not None:
            answers[code] = UNSURE
        elif 0 <= place < len(offered):
            answers[code] = offered[place]
        elif letter != _OPEN:
            return None
    return answers


def _letter(question: Question, answer: str | None) -> str:
    if answer is None or answer == UNSURE:
        return answer or _OPEN
    return _LETTERS[tuple(question.answers).index(answer)]


def _facts(consultation: Consultation, answers: Answers) -> Facts:
    """Return answers as facts: not to know counts as what the question says that it means."""
    return {
        code: question.unsure.means if answers[code] == UNSURE and question.unsure else answers[code]
        for code, question in consultation.questions.items()
        if code in answers
    }
