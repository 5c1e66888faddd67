"""What a question would find, and why: what an editor sees who tries one, what an operator is suggested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.knowledge import Answer, filled, placeholders
from language import Found, Near
from services.desk.domain.finding import Knowledge, Rule

MOST_SUGGESTED = 3
LONGEST_TRIED = 500
"""Letters of a question that are looked at."""


@dataclass(frozen=True)
class Trial:
    """What a question finds: `rule` says what a rule takes it for, before anything is looked up."""

    rule: str | None
    found: Found
    told: Mapping[str, Answer]

    def answer(self, near: Near) -> Answer | None:
        """Return the answer that a candidate is; None for what the bot does itself."""
        return self.told.get(near.label)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An answer of the base for a question, filled in as far as is known; `gaps` are left to be filled."""

    answer: str
    topic: str
    text: str
    gaps: tuple[str, ...]
    sure: bool


def tried(knowledge: Knowledge, text: str, rule: Rule, day: date) -> Trial:
    """Return what a question finds of what holds on a day."""
    said = text[:LONGEST_TRIED]
    found = knowledge.base.look_up(said, most=5, among=lambda label: _holds(knowledge, label, day))
    return Trial(rule(said), found, knowledge.answers)


def suggested(
    knowledge: Knowledge,
    text: str,
    language: str,
    day: date,
    *,
    document: str | None,
    stage: str | None,
    values: Mapping[str, str],
) -> Sequence[Suggestion]:
    """Return answers that somebody with this document may want, in their language, the likeliest first."""

    def may(label: str) -> bool:
        answer = knowledge.answers.get(label)
        return answer is not None and answer.holds_on(day) and answer.is_about(document, stage)

    found = knowledge.base.look_up(text[:LONGEST_TRIED], most=MOST_SUGGESTED, among=may)
    if found.verdict == "none":
        return ()
    return [
        _suggestion(answer, text_, values, sure=number == 0 and found.verdict == "clear")
        for number, near in enumerate(found.candidates)
        if (text_ := (answer := knowledge.answers[near.label]).text.get(language)) is not None
    ]


def gaps(text: str) -> tuple[str, ...]:
    """Return the placeholders that stand in a text still: it must not be sent like this."""
    return tuple(sorted(placeholders(text)))


def _suggestion(answer: Answer, text: str, values: Mapping[str, str], *, sure: bool) -> Suggestion:
    told = filled(text, values)
    return Suggestion(answer.id, answer.topic, told, gaps(told), sure)


def _holds(knowledge: Knowledge, label: str, day: date) -> bool:
    answer = knowledge.answers.get(label)
    return answer is None or answer.holds_on(day)
