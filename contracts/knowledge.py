"""The knowledge base: answers to what people ask, and the bucket that carries them to whoever answers.

The agency's `questions.yaml` is the base. What staff add and correct at run time stands above it, by id, in
the bucket: the key is the answer's id, the value its JSON. Where a key is gone, the agency's own answer holds
again.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints, TypeAdapter

from contracts.messages.base import AnswerId, Code, Message

PLACEHOLDERS: Final = ("document", "stage", "office", "hours", "address", "bring", "until")
"""What `{document}` and the like in an answer may be: filled from the citizen's own documents."""
MIXED: Final = "mixed"
"""Under this language stand variants that mix several."""
LONGEST_QUESTION: Final = 200
LONGEST_TEXT: Final = 1500
MOST_VARIANTS: Final = 50
"""Variants that an answer may have in one language."""

Question = Literal[
    "where",
    "when",
    "bring",
    "apply",
    "office",
    "hours",
    "way",
    "language",
    "quiet",
    "add",
    "second_way",
    "share",
    "export",
    "help",
    "abilities",
    "thanks",
]
"""What the bot answers itself."""
Leaving = Literal["stop", "forget", "cancel"]
"""What ends, erases or takes back, which only rules decide."""
OWN: Final = frozenset[str]((*get_args(Question), *get_args(Leaving)))
"""What the bot does itself: an answer of this id would never be told."""
Unanswered = Literal[
    "proxy",
    "person",
    "complaint",
    "wrong_person",
    "lost_receipt",
    "fee",
    "urgent",
    "mistake",
    "abroad",
    "child",
    "old_passport",
    "off_topic",
]
"""What people ask and the bot knows by its label, for which the agency may have an answer."""
LABELS: Final = OWN | frozenset[str](get_args(Unanswered))
"""Labels that the product knows, and counts questions under; an agency may have more."""

Variant = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUESTION)]
Variants = Annotated[tuple[Variant, ...], Field(max_length=MOST_VARIANTS)]
Told = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]

_PLACEHOLDER = re.compile(r"\{([a-z]{1,20})\}")


class Answer(Message):
    """One answer of the base.

    Attributes:
        id: what it is called by everywhere; it never changes.
        questions: language -> what people write who want this answer.
        text: language -> the answer; `{document}` and the other PLACEHOLDERS are filled in for who asks.
        documents: the document types that it is about; none: any, or none at all.
        stages: the stages at which it holds; none: any.
        topic: what it is counted under in reports.
        valid_from: the first day on which it holds; None: since ever.
        valid_until: the last day on which it holds; None: for ever.
        version: grows with each change; 0 for the agency's own of `questions.yaml`.
        withdrawn: nobody is told it any more, not even where `questions.yaml` still has it.
    """

    id: AnswerId
    questions: Mapping[str, Variants]
    text: Mapping[str, Told]
    documents: tuple[Code, ...] = ()
    stages: tuple[Code, ...] = ()
    topic: Code
    valid_from: date | None = None
    valid_until: date | None = None
    version: Annotated[int, Field(ge=0)] = 0
    withdrawn: bool = False

    def holds_on(self, day: date) -> bool:
        """Tell whether the answer may be given on a day of the agency's calendar."""
        return (
            not self.withdrawn
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )

    def is_about(self, document: str | None, stage: str | None) -> bool:
        """Tell whether the answer is for a document type at a stage; None: nothing is known of it."""
        return (not self.documents or document in self.documents) and (
            not self.stages or stage in self.stages
        )

    def meets(self, other: "Answer") -> bool:
        """Tell whether both may hold for the same person on the same day."""
        return (
            not (self.withdrawn or other.withdrawn)
            and _overlap(self.documents, other.documents)
            and _overlap(self.stages, other.stages)
            and not _before(self.valid_until, other.valid_from)
            and not _before(other.valid_until, self.valid_from)
        )


def _overlap(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return not left or not right or not set(left).isdisjoint(right)


def _before(end: date | None, start: date | None) -> bool:
    return end is not None and start is not None and end < start


ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def variants_of(answer: Answer) -> Iterator[tuple[str, int, str]]:
    """Yield every variant of an answer: its language, its place there, and the words."""
    for language, variants in answer.questions.items():
        for index, variant in enumerate(variants):
            yield language, index, variant


def placeholders(text: str) -> frozenset[str]:
    """Return the names that stand in braces in an answer's text, whether there are such or not."""
    return frozenset(_PLACEHOLDER.findall(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return an answer's text with its placeholders filled; what `values` lacks stays as it stands."""
    return _PLACEHOLDER.sub(lambda placeholder: values.get(placeholder[1], placeholder[0]), text)


def laid_over(base: Mapping[str, Answer], above: Mapping[str, Answer]) -> Mapping[str, Answer]:
    """Return the answers that hold: the agency's own, and above them, by id, what staff made of them."""
    return {name: answer for name, answer in {**base, **above}.items() if not answer.withdrawn}
