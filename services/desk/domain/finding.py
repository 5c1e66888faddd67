"""What questions find in a knowledge base: which answers cannot be found, and which find another one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.knowledge import OWN, Answer, variants_of
from language import Base, Phrase, Vocabulary

Rule = Callable[[str], str | None]
"""Tells what a text is taken for by rules, before any answer is looked for; None: for nothing."""
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What must not be so with an answer: where, from its id on, and why.

    `ruled`: a variant (the first of `words`) is what people say who want to do something else (the second);
    `rivals`: a variant finds other answers too (the further ones); `unfound`: no variant finds the answer;
    `own`: its id is a label of what the bot does itself.
    """

    place: Place
    kind: Literal["ruled", "rivals", "unfound", "own"]
    words: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """Say it in a sentence."""
        match self.kind:
            case "ruled":
                return f"{self.words[0]!r} is what people say who want to {self.words[1]}; say it otherwise"
            case "rivals":
                others = " and ".join(self.words[1:])
                return f"{self.words[0]!r} finds {others} too; say more, or join the answers"
            case "own":
                return "is what the bot does itself, so nobody would be told it; call it otherwise"
            case "unfound":
                return "cannot be found: none of its variants finds it and it alone"


@dataclass(frozen=True)
class Knowledge:
    """Answers made ready for look-up; those that are withdrawn are left out."""

    answers: Mapping[str, Answer]
    base: Base

    @classmethod
    def of(
        cls,
        answers: Iterable[Answer],
        words: Mapping[str, Iterable[str]],
        further: Iterable[Phrase] = (),
        breathe: Callable[[], None] | None = None,
    ) -> "Knowledge":
        """Make answers ready, which takes computing; `words` are groups of words that mean the same.

        `further` are phrasings that are looked up along with the variants; `breathe` is called often
        meanwhile, to let others compute.
        """
        told = {answer.id: answer for answer in answers if not answer.withdrawn}
        phrases = [
            Phrase(answer.id, language, variant)
            for answer in told.values()
            for language, _, variant in variants_of(answer)
        ]
        return cls(told, Base([*further, *phrases], Vocabulary(words), breathe))

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
    return ((one.place, one.detail) for one in wrong(knowledge, ids, rule))


def wrong(knowledge: Knowledge, ids: Iterable[str], rule: Rule) -> Iterator[Wrong]:
    """Yield what must not be so with some of the answers."""
    for answer in (knowledge.answers[id_] for id_ in ids if id_ in knowledge.answers):
        if answer.id in OWN:
            yield Wrong((answer.id,), "own")
            continue
        found = False
        for language, index, variant in variants_of(answer):
            place = (answer.id, "questions", language, index)
            ruled, rivals = rule(variant), knowledge.rivals(answer, variant)
            if ruled is not None:
                yield Wrong(place, "ruled", (variant, ruled))
            elif rivals:
                yield Wrong(place, "rivals", (variant, *rivals))
            else:
                found |= knowledge.finds(answer, variant)
        if not found:
            yield Wrong((answer.id, "questions"), "unfound")


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
