"""What no single part of a consultation can know: that codes exist, every path ends, nothing is in vain."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.catalogue.consultations import (
    LONGEST_CODE,
    MOST_ASKED,
    Advice,
    Consultation,
    Facts,
    Paper,
    Rule,
    Terms,
    When,
    Where,
    holds,
    is_case,
    named_in,
)
from contracts.catalogue.reading.problems import Path
from contracts.catalogue.reading.tree import Tree

Complain = Callable[[Path, str], None]
MOST_WAYS = 5_000
"""Ways through the questions that some rule depends on; more could be checked by nobody."""
_LONGEST_LABEL = 48
_LONGEST_TEXT = 400


class TooManyWaysError(ValueError):
    """There are more ways through the questions than MOST_WAYS."""


@dataclass(frozen=True)
class Known:
    """What a consultation may name: codes of the catalogue, and whether fees have a currency."""

    documents: Collection[str]
    papers: Collection[str]
    offices: Collection[str]
    consultations: Collection[str]
    currency: bool


def check_consultation(consultation: Consultation, known: Known, complain: Complain) -> None:
    """Complain of codes that nothing has, and, where there are none, of what is asked or told in vain."""
    here: Path = ("consultations", consultation.code)
    faults: list[tuple[Path, str]] = [
        *_code_faults(consultation.code, known),
        *_question_faults(consultation),
    ]
    for place, rule in consultation.rules():
        faults += ((place, detail) for detail in _rule_faults(rule, known))
        faults += (((*place, "when"), fault) for fault in _when_faults(rule.when, consultation, None))
    if not faults:
        try:
            faults += _path_faults(_Ways(consultation))
        except TooManyWaysError:
            faults.append((("questions",), f"has more than {MOST_WAYS} ways through it; ask less"))
    for path, detail in faults:
        complain((*here, *path), detail)


def consultation_texts(tree: Tree) -> Iterator[tuple[Path, Tree]]:
    """Yield every set of texts of one consultation as it was read, with its path."""
    for path, entry in _entries(tree, "questions"):
        yield from (((*path, key), entry[key]) for key in ("text", "hint") if key in entry)
        yield from _answers(path, entry)
        unsure = entry.get("unsure")
        if isinstance(unsure, dict) and "remark" in unsure:
            yield (*path, "unsure", "remark"), unsure["remark"]
    for section, key in (("papers", "remark"), ("terms", "name"), ("where", "text"), ("advice", "text")):
        yield from (((*path, key), entry[key]) for path, entry in _entries(tree, section) if key in entry)


def longest_text(path: Path) -> float:
    """Return how many letters a text may have: answers stand on buttons; outside of here any number."""
    if path[0] != "consultations":
        return math.inf
    return _LONGEST_LABEL if "answers" in path else _LONGEST_TEXT


def _entries(tree: Tree, section: str) -> Iterator[tuple[Path, dict[str, Tree]]]:
    entries = tree.get(section) if isinstance(tree, dict) else None
    listed: Iterator[tuple[str | int, Tree]] = iter(())
    if isinstance(entries, dict):
        listed = iter(entries.items())
    elif isinstance(entries, list):
        listed = iter(enumerate(entries))
    yield from (((section, key), entry) for key, entry in listed if isinstance(entry, dict))


def _answers(path: Path, question: Mapping[str, Tree]) -> Iterator[tuple[Path, Tree]]:
    answers = question.get("answers")
    if isinstance(answers, dict):
        yield from (((*path, "answers", code), texts) for code, texts in answers.items())


def _code_faults(code: str, known: Known) -> Iterator[tuple[Path, str]]:
    if code not in known.documents:
        yield (), f"{code!r} is not a document type of the catalogue"
    if len(code) > LONGEST_CODE:
        yield (), f"has a code of more than {LONGEST_CODE} letters, which no button carries"


def _question_faults(consultation: Consultation) -> Iterator[tuple[Path, str]]:
    for code, question in consultation.questions.items():
        path = ("questions", code)
        if question.unsure is not None and question.unsure.means not in question.answers:
            yield (*path, "unsure", "means"), f"{question.unsure.means!r} is not an answer of {code}"
        for fault in _when_faults(question.when, consultation, code):
            yield (*path, "when"), fault


def _when_faults(when: When, consultation: Consultation, asked_at: str | None) -> Iterator[str]:
    """A question depends on questions before it alone: so nothing can go in a circle."""
    order = list(consultation.questions)
    for case in when:
        for code, answers in case.items():
            question = consultation.questions.get(code)
            if question is None:
                yield f"{code!r} is not a question here; they are {', '.join(order)}"
                continue
            if asked_at is not None and order.index(code) >= order.index(asked_at):
                yield f"{code!r} is asked later; put it above {asked_at!r}, or the two wait for each other"
            for answer in answers:
                if answer not in question.answers:
                    yield f"{answer!r} is not an answer of {code}; they are {', '.join(question.answers)}"


def _rule_faults(rule: Rule, known: Known) -> Iterator[str]:
    match rule:
        case Paper(paper=paper) if paper not in known.papers:
            yield f"{paper!r} is not one of the catalogue's papers"
        case Terms(fee=fee) if fee is not None and not known.currency:
            yield "has a fee, and agency.currency is not given"
        case Where(offices=offices):
            yield from (f"{code!r} is not an office" for code in offices if code not in known.offices)
        case Advice(instead=str() as instead) if instead not in known.consultations:
            yield f"{instead!r} is not a consultation"
        case _:
            pass


@dataclass(frozen=True)
class _Ways:
    """The ways through a consultation, as far as some questions tell them apart; each set is walked once."""

    consultation: Consultation
    walked: dict[frozenset[str], Sequence[Facts]] = field(default_factory=dict)

    def through(self, questions: Collection[str]) -> Sequence[Facts]:
        """Return every way as the answers to these questions and to those that decide whether they come."""
        wanted = self._with_what_decides(questions)
        if wanted not in self.walked:
            self.walked[wanted] = tuple(self._walk(wanted))
        return self.walked[wanted]

    def _with_what_decides(self, questions: Collection[str]) -> frozenset[str]:
        wanted: set[str] = set()
        left = {*questions, *(code for advice in self.consultation.ends for code in named_in(advice.when))}
        while left:
            code = left.pop()
            wanted.add(code)
            left |= named_in(self.consultation.questions[code].when) - wanted
        return frozenset(wanted)

    def _walk(self, wanted: frozenset[str]) -> Iterator[Facts]:
        open_, count = [dict[str, str]()], 0
        while open_:
            facts = open_.pop()
            asked = self.consultation.asked(facts)
            code = next(
                (question for question in asked if question in wanted and question not in facts), None
            )
            if code is None:
                count += 1
                if count > MOST_WAYS:
                    raise TooManyWaysError
                yield facts
            else:
                answers = tuple(self.consultation.questions[code].answers)
                open_ += ({**facts, code: answer} for answer in reversed(answers))


def _path_faults(ways: _Ways) -> Iterator[tuple[Path, str]]:
    consultation = ways.consultation
    yield from _too_long(ways)
    yield from _endless(ways)
    decisive = {code for _, rule in consultation.rules() for code in named_in(rule.when)}
    for code, question in consultation.questions.items():
        decisive |= named_in(question.when)
        came = [facts for facts in ways.through({code}) if code in consultation.asked(facts)]
        yield from _never(("questions", code), question.when, came, "is never asked")
    for code in consultation.questions:
        if code not in decisive:
            yield ("questions", code), "is asked in vain: nothing depends on the answer"
    for place, rule in consultation.rules():
        ends = isinstance(rule, Advice) and rule.ends
        came = [facts for facts in ways.through(named_in(rule.when)) if consultation.ended(facts) == ends]
        yield from _never(place, rule.when, came, "is never told")


def _never(path: Path, when: When, ways: Sequence[Facts], what: str) -> Iterator[tuple[Path, str]]:
    """Complain of each answer in a condition that no way has where the rest of its case holds."""
    if not any(holds(when, facts) for facts in ways):
        yield path, f"{what}: nobody's answers lead there"
        return
    for case in when:
        met = [facts for facts in ways if is_case(case, facts)]
        for code, answers in case.items():
            seen = {facts[code] for facts in met}
            for answer in answers:
                if answer not in seen:
                    yield (*path, "when"), f"nobody who is meant here answers {code} with {answer!r}"


def _too_long(ways: _Ways) -> Iterator[tuple[Path, str]]:
    consultation = ways.consultation
    deciding = {code for question in consultation.questions.values() for code in named_in(question.when)}
    longest = max(ways.through(deciding), key=lambda facts: len(list(consultation.asked(facts))))
    count = len(list(consultation.asked(longest)))
    if count > MOST_ASKED:
        yield ("questions",), f"asks {count} questions{_told(longest)}; at most {MOST_ASKED} are borne"


def _endless(ways: _Ways) -> Iterator[tuple[Path, str]]:
    """A path ends with a list of papers, or with the advice that ends it."""
    consultation = ways.consultation
    if not all(paper.when for paper in consultation.papers):
        return
    named = {code for paper in consultation.papers for code in named_in(paper.when)}
    for facts in ways.through(named):
        if not consultation.ended(facts) and not any(
            holds(paper.when, facts) for paper in consultation.papers
        ):
            yield ("papers",), f"are none{_told(facts)}: add one, or advice that ends there"
            return


def _told(facts: Facts) -> str:
    return f" where {', '.join(f'{code} is {answer}' for code, answer in facts.items())}" if facts else ""
