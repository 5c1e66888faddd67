"""All that people's words are held against, made ready for look-up: the product's labels and the answers.

An answer whose id is one of the product's labels answers what our phrasings say under it. Answers that share
a variant are told apart by the documents and stages that they are about.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from contracts.catalogue import Phrasing
from contracts.knowledge import Answer, variants_of
from language import Base, Found, Phrase, Vocabulary

Breathe = Callable[[], None]
Document = tuple[str, str | None]
"""A document that somebody follows: its type, and the stage at which it is."""


@dataclass(frozen=True)
class Index:
    """The answers by id, and the base in which labels and answers are looked up together.

    `rivals` are, by id, the answers that have a variant in common with one, itself among them, in order.
    """

    answers: Mapping[str, Answer]
    base: Base
    rivals: Mapping[str, Sequence[Answer]]

    @classmethod
    def of(
        cls,
        phrasing: Phrasing,
        answers: Mapping[str, Answer],
        taken: Collection[str] = (),
        breathe: Breathe | None = None,
    ) -> Self:
        """Make it ready, which takes a second of computing for each thousand answers or so.

        The conversation itself answers the labels in `taken`: no answer may have such an id. `breathe` is
        called often meanwhile, to let others compute.
        """
        told = {code: answer for code, answer in answers.items() if code not in taken}
        phrases = [Phrase(str(path[1]), str(path[2]), line) for path, line in phrasing.lines()]
        phrases += (
            Phrase(answer.id, language, variant)
            for answer in told.values()
            for language, _, variant in variants_of(answer)
        )
        return cls(told, Base(phrases, Vocabulary(phrasing.words), breathe), _rivals(told, breathe))

    def look_up(self, text: str, day: date, documents: Sequence[Document] = (), *, most: int = 3) -> Found:
        """Return what a text most likely means, among the labels and the answers that hold.

        An answer holds on its days, and where it is about other documents or stages than those that somebody
        has, only for want of a rival that is about one of theirs.
        """
        return self.base.look_up(
            text, most=most, among=lambda label: self._may_be_meant(label, day, documents)
        )

    def holding(self, code: str, day: date) -> Answer | None:
        """Return an answer by its id; None where there is none that may be given on this day."""
        answer = self.answers.get(code)
        return answer if answer is not None and answer.holds_on(day) else None

    def depends(self, code: str) -> bool:
        """Tell whether it takes somebody's documents to tell if an answer, or a rival of it, is for them."""
        return any(one.documents or one.stages for one in self.rivals.get(code, ()))

    def like(self, code: str, day: date, most: int) -> Sequence[Answer]:
        """Return other answers on the topic of one, at most so many."""
        answer = self.answers.get(code)
        if answer is None:
            return ()
        others = [one for one in self.answers.values() if one.topic == answer.topic and one.holds_on(day)]
        return [one for one in others if one not in self.rivals[code]][:most]

    def examples(self, day: date, most: int) -> Sequence[Answer]:
        """Return answers on different topics, in their order, at most so many."""
        first: dict[str, Answer] = {}
        for answer in self.answers.values():
            if answer.holds_on(day):
                first.setdefault(answer.topic, answer)
        return list(first.values())[:most]

    def _may_be_meant(self, label: str, day: date, documents: Sequence[Document]) -> bool:
        answer = self.answers.get(label)
        if answer is None:
            return True
        if not answer.holds_on(day):
            return False
        if any(answer.is_about(*document) for document in documents):
            return True
        rivals = [one for one in self.rivals[label] if one.holds_on(day)]
        fitting = any(one.is_about(*document) for one in rivals for document in documents)
        return not fitting and rivals[0] is answer


def _rivals(answers: Mapping[str, Answer], breathe: Breathe | None) -> Mapping[str, Sequence[Answer]]:
    said: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers.values():
        for words in _variants(answer):
            said[words].append(answer)
    place = {code: number for number, code in enumerate(answers)}
    found = {}
    for answer in answers.values():
        if breathe is not None:
            breathe()
        sharing = {one.id: one for words in _variants(answer) for one in said[words]} | {answer.id: answer}
        found[answer.id] = sorted(sharing.values(), key=lambda one: place[one.id])
    return found


def _variants(answer: Answer) -> Iterator[str]:
    for _, _, variant in variants_of(answer):
        yield " ".join(variant.casefold().split())
