"""What a change of the knowledge base would do to the questions that are known: the editor sees it before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.knowledge import Answer, variants_of
from language import Found
from services.desk.domain.finding import Knowledge

Effect = Literal["other", "lost", "gained"]
"""A question finds another answer than before, none clearly any more, or one where it found none."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A known question: a variant of an answer, or one that was missed so many times."""

    language: str
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A known question that fares otherwise: the answer that it found, and the one that it would find."""

    question: Stored
    effect: Effect
    before: str | None
    after: str | None


def moved(before: Knowledge, after: Knowledge, missed: Iterable[Stored]) -> Sequence[Moved]:
    """Return the known questions that fare otherwise after a change, the worst first.

    The known questions are the variants of all answers that there were, and those that were missed. An answer
    that is gone takes its own variants along: that they do not find it any more is what was asked for.
    """
    found: dict[tuple[str, str], Moved] = {}
    for answer in before.answers.values():
        for language, _, variant in variants_of(answer):
            now = after.answers.get(answer.id)
            if now is not None and after.finds(now, variant):
                continue
            question = Stored(language, variant)
            was = answer.id if before.finds(answer, variant) else _clear(before.base.look_up(variant))
            one = _compared(question, was, _clear(after.base.look_up(variant)))
            if one is not None and (now is not None or one.effect == "other"):
                found.setdefault((language, variant), one)
    for question in missed:
        one = _compared(
            question, *(_clear(base.look_up(question.text)) for base in (before.base, after.base))
        )
        if one is not None:
            found.setdefault((question.language, question.text), one)
    order: Mapping[Effect, int] = {"other": 0, "lost": 1, "gained": 2}
    return sorted(found.values(), key=lambda one: (order[one.effect], -one.question.count, one.question.text))


def differing(before: Mapping[str, Answer], wanted: Iterable[Answer]) -> Sequence[Answer]:
    """Return those of the answers that say anything else than before; versions do not count."""
    return [one for one in wanted if one.id not in before or _said(before[one.id]) != _said(one)]


def _said(answer: Answer) -> Answer:
    return answer.model_copy(update={"version": 0})


def _clear(found: Found) -> str | None:
    return found.label if found.verdict == "clear" else None


def _compared(question: Stored, before: str | None, after: str | None) -> Moved | None:
    if before == after:
        return None
    effect: Effect = "gained" if before is None else "lost" if after is None else "other"
    return Moved(question, effect, before, after)
