"""What questions find in a knowledge base: which answers cannot be found, and which find another one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.knowledge import Answer, variants_of
from language import Base, Phrase, Vocabulary

Rule = Callable[[str], str | None]
"""Tells what a text is taken for by rules, before any answer is looked for; None: for nothing."""
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Knowledge:
    """Answers made ready for look-up; those that are withdrawn are left out."""

    answers: Mapping[str, Answer]
    base: Base

    @classmethod
    def of(cls, answers: Iterable[Answer], words: Mapping[str, Iterable[str]]) -> "Knowledge":
        """Make answers ready, which takes computing; `words` are groups of words that mean the same."""
        told = {answer.id: answer for answer in answers if not answer.withdrawn}
        phrases = [
            Phrase(answer.id, language, variant)
            for answer in told.values()
            for language, _, variant in variants_of(answer)
        ]
        return cls(told, Base(phrases, Vocabulary(words)))

    def rivals(self, answer: Answer, text: str) -> list[str]:
        """Return the other answers that a text of the very same words may mean for the same person."""
        return sorted(
            other for other in self.base.same(text) - {answer.id} if self.answers[other].meets(answer)
        )

    def finds(self, answer: Answer, text: str) -> bool:
        """Tell whether a variant of an answer finds it, and nothing else as well."""
        return answer.id in self.base.same(text) and not self.rivals(answer, text)


def faults(knowledge: Knowledge, ids: Iterable[str], rule: Rule) -> Iterator[tuple[Place, str]]:
    """Yield what must not be so with some of the answers: where, from the id on, and a sentence."""
    for answer in (knowledge.answers[id_] for id_ in ids if id_ in knowledge.answers):
        found = False
        for language, index, variant in variants_of(answer):
            place = (answer.id, "questions", language, index)
            ruled, rivals = rule(variant), knowledge.rivals(answer, variant)
            if ruled is not None:
                yield place, f"{variant!r} is what people say who want to {ruled}; say it otherwise"
            elif rivals:
                yield (
                    place,
                    f"{variant!r} finds {' and '.join(rivals)} too; say more, or join the answers",
                )
            else:
                found |= knowledge.finds(answer, variant)
        if not found:
            yield (answer.id, "questions"), "cannot be found: none of its variants finds it and it alone"


def remarks(knowledge: Knowledge, ids: Iterable[str], today: date) -> Iterator[tuple[Place, str]]:
    """Yield what is worth a look: overdue answers, and those that only the very same words find."""
    for answer in (knowledge.answers[id_] for id_ in ids if id_ in knowledge.answers):
        if answer.valid_until is not None and answer.valid_until < today:
            yield (
                (answer.id, "valid_until"),
                f"was valid until {answer.valid_until}, so nobody is told it",
            )
        elif not _found_otherwise(knowledge, answer):
            yield (
                (answer.id, "questions"),
                "is found by the very same words alone: give variants with other words",
            )


def _found_otherwise(knowledge: Knowledge, answer: Answer) -> bool:
    """Tell whether some variant, were it not there, would still find its answer by the others."""
    return any(
        knowledge.base.look_up(variant, unlike=True, among=_meeting(knowledge, answer)).label == answer.id
        for _, _, variant in variants_of(answer)
    )


def _meeting(knowledge: Knowledge, answer: Answer) -> Callable[[str], bool]:
    return lambda other: other == answer.id or knowledge.answers[other].meets(answer)
