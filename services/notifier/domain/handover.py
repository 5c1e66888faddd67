"""Handing a citizen over to people of the agency: the wishes, what came of them, which reply is next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

Reason = Literal["asked", "missed", "complaint"]
"""Why somebody is handed over."""

LONGEST_QUESTION = 1000
"""Letters of the question with which a conversation begins."""
LONGEST_WORD = 500
"""Letters of the word that goes with a judgement."""
MOST_A_DAY = 5
"""Conversations that one person may begin within 24 hours."""

_NAMESPACE = UUID("7d8a0f57-3b52-4f5e-a1f5-2b7b4a7f0e93")


@dataclass(frozen=True)
class Typing:
    """What somebody was asked to type: their question, or a word on how a conversation was.

    A question is about a document that they follow, or about a type of documents, or about neither.
    """

    what: Literal["question", "word"]
    reason: Reason = "asked"
    subscription: UUID | None = None
    document: str | None = None
    conversation: UUID | None = None


@dataclass(frozen=True)
class Desk:
    """What a conversation knows of people who answer: which one is open with them, what is typed next.

    `held`: one of theirs, open or over, is on record here.
    """

    open: UUID | None = None
    typing: Typing | None = None
    held: bool = False


@dataclass(frozen=True)
class Utterance:
    """One thing that was written; `author` is None for the citizen, empty for "the desk"."""

    at: datetime
    author: str | None
    text: str


@dataclass(frozen=True)
class Spoken:
    """A conversation with people of the agency: when it was, how it was judged, what was written.

    No `words` where the desk, which has them, does not answer.
    """

    opened_at: datetime
    ended_at: datetime | None
    content: bool | None
    words: tuple[Utterance, ...] | None = None


@dataclass(frozen=True)
class AskSubject:
    """Ask which document the question is about."""

    reason: Reason
    replaces: str | None = None


@dataclass(frozen=True)
class AskQuestion:
    """Ask for the question, in one sentence; once more where it was `too_long`."""

    typing: Typing
    replaces: str | None = None
    too_long: bool = False


@dataclass(frozen=True)
class OpenTalk:
    """Ask people of the agency a question; `answer` is the nearest one of the base."""

    text: str
    typing: Typing
    answer: str | None = None


@dataclass(frozen=True)
class SayMore:
    """Say something in a conversation that is open."""

    conversation: UUID
    text: str


Refusal = Literal["off", "type", "unreadable", "dots", "large", "many", "full", "gone"]
"""Why people of the agency do not get a file."""


@dataclass(frozen=True)
class SendFile:
    """Send a picture or document in a conversation, once it was fetched; `refused`: it is known not to do.

    `reference` is the messenger's own; `caption` is said at once, whatever becomes of the file.
    """

    conversation: UUID
    reference: str
    caption: str = ""
    refused: Refusal | None = None


@dataclass(frozen=True)
class EndTalk:
    """End a conversation."""

    conversation: UUID
    replaces: str | None = None


@dataclass(frozen=True)
class RateTalk:
    """Judge a conversation that is over."""

    conversation: UUID
    content: bool
    replaces: str | None = None


@dataclass(frozen=True)
class RateWord:
    """Add a word to a judgement."""

    conversation: UUID
    text: str


HandoverAction = AskSubject | AskQuestion | OpenTalk | SayMore | SendFile | EndTalk | RateTalk | RateWord
"""The wishes about people who answer."""
Handing = AskQuestion | OpenTalk | SayMore | SendFile | EndTalk | RateTalk | RateWord
"""Those that change something here, in the transaction that answers them."""


@dataclass(frozen=True)
class Handed:
    """What came of a wish.

    `kept`: the question is; `already`: a conversation is open; `often`: too many were begun today; `over`: it
    is open no more; `rated` and `worded`: for the first time; `before`: not for the first time.
    """

    what: Literal["asked", "kept", "already", "often", "said", "ended", "over", "rated", "worded", "before"]
    conversation: UUID | None = None


def conversation_id(channel: str, update: str) -> UUID:
    """Return the identity of the conversation that an update begins: a replayed update makes the same."""
    return uuid5(_NAMESPACE, f"{channel}\x1f{update}")


def talk_id(conversation: UUID, number: int) -> UUID:
    """Return the identity of the n-th thing that the desk is told of a conversation."""
    return uuid5(conversation, f"talk\x1f{number}")


def next_replies(heard: int, here: Collection[int], *, skipping: bool = False) -> range:
    """Return the numbers of replies that may be told now, in order: those that follow without a gap.

    `heard` is the number told last, `here` are the numbers that have come and were not told. `skipping`: what
    is missing before the first of them is waited for no more.
    """
    first = heard + 1
    if skipping and here:
        first = max(first, min(here))
    last = first - 1
    while last + 1 in here:
        last += 1
    return range(first, last + 1)
