"""What the buttons of people who answer carry: what is asked about, the end, whether one was content."""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.notifier.domain.handover import Reason

Verb = Literal["ask", "other", "subject", "kind", "end", "content", "discontent"]
_REASONS: dict[str, Reason] = {"a": "asked", "m": "missed", "c": "complaint"}
_LETTER_OF: dict[Reason, str] = {reason: letter for letter, reason in _REASONS.items()}
_VERBS: dict[str, Verb] = {
    "p": "ask",
    "o": "other",
    "d": "subject",
    "k": "kind",
    "e": "end",
    "y": "content",
    "n": "discontent",
}
_LETTERS: dict[Verb, str] = {meaning: letter for letter, meaning in _VERBS.items()}
_DATA = re.compile(
    r"h(?:(?P<wish>[po]):(?P<why>[amc])"
    r"|(?P<about>d):(?P<reason>[amc]):(?P<subscription>[0-9a-f]{32})"
    r"|(?P<kind>k):(?P<cause>[amc]):(?P<document>[A-Za-z0-9][A-Za-z0-9_.:-]{0,58})"
    r"|(?P<done>[eyn]):(?P<conversation>[0-9a-f]{32}))"
)
LONGEST_DOCUMENT = 59
"""Letters of a document's code that a button can carry."""


@dataclass(frozen=True)
class Handover:
    """Something about people who answer: wanted for a `reason`, or about a `conversation` with them.

    `subject` names a subscription, `kind` a type of documents, `other` neither of them.
    """

    verb: Verb
    reason: Reason = "asked"
    subscription: UUID | None = None
    document: str | None = None
    conversation: UUID | None = None


def parse(data: str) -> Handover | None:
    """Return what a button about people who answer means; None for any other."""
    found = _DATA.fullmatch(data)
    if found is None:
        return None
    if found["wish"]:
        return Handover(_VERBS[found["wish"]], _REASONS[found["why"]])
    if found["about"]:
        return Handover("subject", _REASONS[found["reason"]], subscription=UUID(found["subscription"]))
    if found["kind"]:
        return Handover("kind", _REASONS[found["cause"]], document=found["document"])
    return Handover(_VERBS[found["done"]], conversation=UUID(found["conversation"]))


def data(tap: Handover) -> str:
    """Return what a button carries: at most 64 bytes."""
    letter = _LETTERS[tap.verb]
    if tap.conversation is not None:
        return f"h{letter}:{tap.conversation.hex}"
    if tap.subscription is not None:
        return f"h{letter}:{_LETTER_OF[tap.reason]}:{tap.subscription.hex}"
    if tap.document is not None:
        return f"h{letter}:{_LETTER_OF[tap.reason]}:{tap.document}"
    return f"h{letter}:{_LETTER_OF[tap.reason]}"
