"""Consultations: a few questions about a person's case, and what follows from the answers.

A consultation is written for one document type. Its questions are asked in the order in which they stand,
each only where its condition holds; what to bring, how long it takes, what it costs and where to go follows
from the answers alone, never from the way to them.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from contracts.catalogue.entries import BusinessDays, Entry, Texts
from contracts.messages.base import Code

MOST_QUESTIONS = 16
"""Questions that a consultation may have."""
MOST_ASKED = 10
"""Questions that one person may be asked."""
MOST_ANSWERS = 12
LONGEST_CODE = 32
"""Letters of a consultation's code: it travels in buttons."""
_MOST_RULES = 200

Facts = Mapping[str, str]
"""What is known of somebody's case: question -> answer, both by code."""


def _alternatives(value: object) -> object:
    """Return one mapping as a list of one, and one answer as a list of one."""
    return [
        {key: _listed(answers) for key, answers in condition.items()}
        if isinstance(condition, dict)
        else condition
        for condition in _listed(value)
    ]


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]


_Answers = Annotated[tuple[Code, ...], Field(min_length=1)]
_Case = Annotated[Mapping[Code, _Answers], Field(min_length=1)]
When = Annotated[tuple[_Case, ...], BeforeValidator(_alternatives), Field(max_length=20)]
"""A condition: one of the cases is at hand, that is, each of its questions has one of the answers given.

No case at all is no condition.
"""


def holds(when: When, facts: Facts) -> bool:
    """Tell whether a condition holds for what is known; what is not known holds nothing."""
    return not when or any(is_case(case, facts) for case in when)


def is_case(case: Mapping[str, tuple[str, ...]], facts: Facts) -> bool:
    """Tell whether each question of a case has one of its answers."""
    return all(facts.get(question) in answers for question, answers in case.items())


def named_in(when: When) -> frozenset[str]:
    """Return the codes of the questions that a condition is about."""
    return frozenset(question for case in when for question in case)


class Unsure(Entry):
    """What "I don't know" means: the answer that it counts as, and what the result says about it."""

    means: Code
    remark: Texts


class Question(Entry):
    """One question; `answers` are its buttons, by code. Without `unsure` one has to know."""

    text: Texts
    hint: Texts | None = None
    when: When = ()
    answers: Annotated[Mapping[Code, Texts], Field(min_length=2, max_length=MOST_ANSWERS)]
    unsure: Unsure | None = None


class Rule(Entry):
    """What holds for everybody, or only under a condition."""

    when: When = ()


class Paper(Rule):
    """A paper to bring, by its code among the catalogue's papers; it is listed once, with all its remarks."""

    paper: Code
    remark: Texts | None = None


class Terms(Rule):
    """One way to have it made: how many business days it takes at most, and what it costs (0: nothing)."""

    name: Texts
    days: BusinessDays | None = None
    fee: Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=2)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.days is None and self.fee is None:
            raise ValueError("says neither days nor fee")
        return self


class Where(Rule):
    """Where to apply: a sentence, offices of the catalogue, or both; without any rule it is every office."""

    text: Texts | None = None
    offices: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and not self.offices:
            raise ValueError("says neither text nor offices")
        return self


class Advice(Rule):
    """What else to know. One that `ends` is all there is to say: no more questions, no papers.

    `instead` names the consultation that is right for such a person.
    """

    text: Texts
    ends: bool = False
    instead: Code | None = None


class Consultation(Entry):
    """The questions of one document type by code, in the order in which they are asked, and the rules."""

    code: Code
    questions: Annotated[Mapping[Code, Question], Field(min_length=1, max_length=MOST_QUESTIONS)]
    papers: Annotated[tuple[Paper, ...], Field(min_length=1, max_length=_MOST_RULES)]
    terms: Annotated[tuple[Terms, ...], Field(max_length=_MOST_RULES)] = ()
    where: Annotated[tuple[Where, ...], Field(max_length=_MOST_RULES)] = ()
    advice: Annotated[tuple[Advice, ...], Field(max_length=_MOST_RULES)] = ()

    @cached_property
    def ends(self) -> tuple[Advice, ...]:
        """The advice that ends a consultation early."""
        return tuple(advice for advice in self.advice if advice.ends)

    @cached_property
    def version(self) -> str:
        """8 letters over what the answers mean: the questions as they are worded, and their answers.

        What follows from the answers is no part of it: the rules of today are right for them as well.
        """
        asked = [
            (code, question.model_dump(mode="json", include={"text", "hint", "answers", "unsure"}))
            for code, question in self.questions.items()
        ]
        canonical = json.dumps([self.code, asked], ensure_ascii=False)
        return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest())[:8].decode()

    def asked(self, facts: Facts) -> Iterator[str]:
        """Yield the questions that are asked, in order; whether they are depends on the facts before each.

        Facts of questions that are not asked count for nothing.
        """
        known: dict[str, str] = {}
        for code, question in self.questions.items():
            if self.ended(known):
                return
            if holds(question.when, known):
                yield code
                if code in facts:
                    known[code] = facts[code]

    def ended(self, facts: Facts) -> bool:
        """Tell whether some advice is all there is to say."""
        return any(holds(advice.when, facts) for advice in self.ends)

    def rules(self) -> Iterator[tuple[tuple[str, int], Rule]]:
        """Yield every rule with its place: `("papers", 0)`."""
        for section in ("papers", "terms", "where", "advice"):
            for index, rule in enumerate(getattr(self, section)):
                yield (section, index), rule
