"""What people mean by their own words: rules for what stops or erases, likeness for every question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, Self, get_args

from contracts.catalogue import Phrasing, our_phrasing
from contracts.knowledge import LABELS, OWN, Answer, Leaving, Question
from language import Base, Found
from language.leaving import leaving
from services.notifier.knowledge.index import Document, Index

Intent = Question | Leaving
QUESTIONS: frozenset[str] = frozenset(get_args(Question))
"""Labels that the conversation answers."""
BY_RULES: frozenset[str] = frozenset(get_args(Leaving))
"""Labels that likeness never decides."""
UNKNOWN = "unknown"
"""The topic of what nobody could place."""
_CAREFUL = frozenset({"share", "export"})
_SAME_DEED = {"office": "hours", "way": "hours", "abilities": "help", "add": "help"}
"""Intents that are answered as another one is."""
_CLOSE_BEHIND = 0.65
"""The share of the first one's score from which another is offered beside it."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text means: `intent` is what is acted on, `rule` tells that a rule said so, not likeness.

    `label` is an intent's, an answer's id, or one that nothing is done about. `answers` are what may be told
    or offered, best first: ids of answers, and intents among them; one alone is told at once.
    `alternatives` are the like, where an intent that is acted on is not clear: what else may have been meant.
    """

    intent: Intent | None
    label: str | None
    rule: bool
    found: Found
    answers: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()

    @property
    def withheld(self) -> bool:
        """Tell whether the question could be answered, but is not clear enough for what it gives away."""
        return self.intent is None and self.label in _CAREFUL


class Shelf(Protocol):
    """What holds the index that is in use now: another one, whenever an answer has changed."""

    @property
    def index(self) -> Index:
        """Return the one in use."""


@dataclass(frozen=True)
class Fixed:
    """A shelf whose index stays as it is."""

    index: Index


@dataclass(frozen=True)
class Intents:
    """Reads people's words by the product's phrasings, the agency's and the answers on the shelf."""

    shelf: Shelf
    topics: frozenset[str] = LABELS
    """What questions are counted under: labels, and the topics of the agency's own answers."""

    @classmethod
    def of(cls, agency: Phrasing, answers: Mapping[str, Answer] | None = None) -> Self:
        """Make the base ready for good, which takes some tenths of a second of computing."""
        return cls(Fixed(index_of(agency, answers or {})), topics_of(answers or {}))

    @property
    def index(self) -> Index:
        """Return what is looked up in now."""
        return self.shelf.index

    def understood(self, text: str) -> Intent | None:
        """Return what a text most likely asks for, None where nobody could tell; any text of any length."""
        return self.explained(text).intent

    def explained(
        self, text: str, day: date | None = None, documents: Sequence[Document] = ()
    ) -> Understanding:
        """Return what a text is taken for, and everything that led to it.

        Answers hold on `day` (None: today) for who follows `documents`.
        """
        index, ruled = self.index, leaving(text)
        found = index.look_up(text, day or datetime.now(UTC).date(), documents)
        if ruled is not None:
            return Understanding(ruled, ruled, rule=True, found=found)
        intent = _acted_on(found)
        told = () if intent is not None else _told(found, index)
        others = () if intent is None else _alternatives(found, index)
        return Understanding(intent, found.label, rule=False, found=found, answers=told, alternatives=others)


def topics_of(answers: Mapping[str, Answer]) -> frozenset[str]:
    """Return what questions may be counted under, with these answers from the start."""
    return LABELS | {UNKNOWN} | {answer.topic for answer in answers.values()}


def question_of(label: str) -> Question | None:
    """Return the intent that a label is; None for one that the conversation does not answer."""
    return label if label in QUESTIONS else None  # type: ignore[return-value]  # its members are these


def index_of(
    agency: Phrasing, answers: Mapping[str, Answer], breathe: Callable[[], None] | None = None
) -> Index:
    """Return what the product's phrasings, the agency's and answers make together."""
    return Index.of(our_phrasing().with_more(agency), answers, OWN, breathe)


def base_of(phrasing: Phrasing) -> Base:
    """Return the base that phrasings make."""
    return Index.of(phrasing, {}).base


def _acted_on(found: Found) -> Intent | None:
    """Return the question that is answered; what gives something away needs a clear one."""
    label = found.label
    if label not in QUESTIONS or (label in _CAREFUL and found.verdict != "clear"):
        return None
    return label  # type: ignore[return-value]  # QUESTIONS are the members of Question


def _told(found: Found, index: Index) -> tuple[str, ...]:
    """Return the answer that is clear, or those that are near; intents among near ones may be chosen too."""
    if found.verdict == "clear":
        return (found.candidates[0].label,) if found.candidates[0].label in index.answers else ()
    if found.verdict == "none":
        return ()
    near = [one.label for one in found.candidates if one.label in index.answers or one.label in QUESTIONS]
    return tuple(near) if any(label in index.answers for label in near) else ()


def _alternatives(found: Found, index: Index) -> tuple[str, ...]:
    """Return what may have been meant in place of the intent that comes first, where that is not clear."""
    if found.verdict == "clear":
        return ()
    first, *others = found.candidates
    deed = _SAME_DEED.get(first.label, first.label)
    close = [one.label for one in others if one.score > _CLOSE_BEHIND * first.score]
    others_done = [label for label in close if _SAME_DEED.get(label, label) != deed]
    return tuple(label for label in others_done if label in index.answers or label in QUESTIONS)
