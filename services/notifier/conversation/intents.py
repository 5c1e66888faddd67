"""What people mean by their own words: rules for what stops or erases, likeness for every question."""

from dataclasses import dataclass
from typing import Literal, Self, get_args

from contracts.catalogue import Phrasing, our_phrasing
from language import Base, Found, Phrase, Vocabulary
from services.notifier.conversation.leaving import Leaving, leaving

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
]
Unanswered = Literal[
    "proxy",
    "person",
    "thanks",
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
Intent = Question | Leaving
QUESTIONS: frozenset[str] = frozenset(get_args(Question))
"""Labels that the conversation answers."""
BY_RULES: frozenset[str] = frozenset(get_args(Leaving))
"""Labels that likeness never decides."""
LABELS = QUESTIONS | BY_RULES | frozenset(get_args(Unanswered))
"""Labels that the product knows; an agency may have more."""
_CAREFUL = frozenset({"share", "export"})


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text means: `intent` is what is acted on, `rule` tells that a rule said so, not likeness."""

    intent: Intent | None
    label: str | None
    rule: bool
    found: Found

    @property
    def withheld(self) -> bool:
        """Tell whether the question could be answered, but is not clear enough for what it gives away."""
        return self.intent is None and self.label in _CAREFUL


@dataclass(frozen=True)
class Intents:
    """Reads people's words by the product's phrasings and the agency's; made once, pure from then on."""

    base: Base

    @classmethod
    def of(cls, agency: Phrasing) -> Self:
        """Make the base ready, which takes some tenths of a second of computing."""
        return cls(base_of(our_phrasing().with_more(agency)))

    def understood(self, text: str) -> Intent | None:
        """Return what a text most likely asks for, None where nobody could tell; any text of any length."""
        return leaving(text) or _acted_on(self.base.look_up(text))

    def explained(self, text: str) -> Understanding:
        """Return what a text is taken for, and everything that led to it."""
        found, ruled = self.base.look_up(text), leaving(text)
        return Understanding(ruled or _acted_on(found), ruled or found.label, ruled is not None, found)


def base_of(phrasing: Phrasing) -> Base:
    """Return the base that phrasings make."""
    phrases = [Phrase(str(path[1]), str(path[2]), line) for path, line in phrasing.lines()]
    return Base(phrases, Vocabulary(phrasing.words))


def _acted_on(found: Found) -> Intent | None:
    """Return the question that is answered; what gives something away needs a clear one."""
    label = found.label
    if label not in QUESTIONS or (label in _CAREFUL and found.verdict != "clear"):
        return None
    return label  # type: ignore[return-value]  # QUESTIONS are the members of Question
