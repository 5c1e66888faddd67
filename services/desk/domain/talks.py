"""What becomes of a conversation by what the citizen does, in whatever order the desk hears of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from contracts.messages.desk.talk import (
    Opened,
    Rated,
    Reached,
    Said,
    Withdrawn,
)

T = TypeVar("T")
Within = Opened | Said | Withdrawn | Rated | Reached
"""What a citizen does within one conversation."""
Why = Literal["answered", "silent", "withdrawn"]


@dataclass(frozen=True, slots=True)
class State:
    """A conversation as far as the citizen moves it.

    Attributes:
        opened: whether its beginning was heard of; before that nobody sees it.
        forgotten: whether the citizen was; nothing that is heard later is kept.
        heard: how many utterances of the citizen were taken in.
        said: the highest number of them.
        asks_since: when the oldest of them that nobody answered was said; None where none is.
        closed: why it is over, None where it is not.
        withdrawn: the number with which the citizen ended it, 0 where they did not.
        content: what they said of it; None where they did not.
    """

    opened: bool = False
    forgotten: bool = False
    heard: int = 0
    said: int = 0
    asks_since: datetime | None = None
    closed: Why | None = None
    withdrawn: int = 0
    content: bool | None = None

    @property
    def waits(self) -> bool:
        """Tell whether somebody of the staff has to do something."""
        return self.opened and self.closed is None and self.asks_since is not None


def opened(state: State, at: datetime) -> State:
    """Return the state after the first thing that was said; what came before it counts too."""
    return said(replace(state, opened=True), 1, at)


def said(state: State, number: int, at: datetime) -> State:
    """Return the state after something was said: it waits for an answer, and a closed one is open again.

    What was said before the citizen ended it, and is only heard of now, opens nothing.
    """
    if state.forgotten:
        return state
    heard = replace(state, heard=state.heard + 1, said=max(state.said, number))
    if number < state.withdrawn:
        return heard
    if state.closed is not None:
        return replace(heard, closed=None, asks_since=at)
    since = at if state.asks_since is None else min(state.asks_since, at)
    return replace(heard, asks_since=since)


def withdrawn(state: State, number: int) -> State:
    """Return the state after the citizen ended it: nobody waits any more, unless more was said after it."""
    if state.forgotten or number < state.withdrawn:
        return state
    ended = replace(state, withdrawn=number)
    if state.said > number:
        return ended
    return replace(ended, closed=state.closed or "withdrawn", asks_since=None)


def rated(state: State, *, content: bool) -> State:
    """Return the state after the citizen's judgement; the first one counts."""
    return state if state.content is not None else replace(state, content=content)


def merged(one: Sequence[T], other: Sequence[T], at: Callable[[T], datetime]) -> Sequence[T]:
    """Return two sides, each in its order, as one: by the times, and never against either order."""
    found: list[T] = []
    left, right = list(reversed(one)), list(reversed(other))
    while left and right:
        found.append((left if at(left[-1]) <= at(right[-1]) else right).pop())
    return [*found, *reversed(left), *reversed(right)]


@dataclass(slots=True)
class Known:
    """A conversation under its lock: what it was, and what it is as the batch goes on.

    Attributes:
        before, state: what the citizen made of it, before the batch and now.
        replies: the number of the last message to the notifier.
        answers: how many of them were answers.
        counted: whether the judgement was counted.
        language, topics, staff_group: what the judgement is counted under.
    """

    before: State
    state: State
    replies: int
    answers: int
    counted: bool
    language: str
    topics: Sequence[str]
    staff_group: str

    @property
    def ends(self) -> bool:
        """Tell whether the citizen ended it in this batch."""
        return self.state.opened and self.before.closed is None and self.state.closed == "withdrawn"

    @property
    def comes(self) -> bool:
        """Tell whether it comes into the queue by this batch: it is new, or open again."""
        return self.state.waits and (not self.before.opened or self.before.closed is not None)

    @property
    def counts(self) -> bool:
        """Tell whether its judgement is to be counted now."""
        return self.state.opened and self.state.content is not None and not self.counted


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance of a citizen as its row has it."""

    utterance_id: UUID
    conversation_id: UUID
    number: int
    arrival: int
    at: datetime
    key: str
    box: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that a citizen sent, with the utterance that names it."""

    utterance_id: UUID
    file_id: UUID
    type: str
    size: int
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class Word:
    """What a citizen wrote beside their judgement."""

    conversation_id: UUID
    word_id: UUID
    key: str
    box: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """How the delivery of an answer ended."""

    conversation_id: UUID
    reply_id: UUID
    ended: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a batch writes beside the conversations themselves."""

    utterances: list[Spoken] = field(default_factory=list)
    files: list[Sent] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)


def hear(messages: Sequence[Within], known: Mapping[UUID, Known], now: datetime) -> Heard:
    """Apply messages to the conversations, in whatever order they come; return what else is to be written.

    A clock that runs ahead makes nothing older or younger than the moment at which it is heard of.
    """
    heard = Heard()
    for one in messages:
        it = known[one.conversation_id]
        at = min(one.at, now)
        match one:
            case Opened():
                it.state = opened(it.state, at)
                _keep(heard, one, it.state, at)
            case Said():
                it.state = said(it.state, one.number, at)
                _keep(heard, one, it.state, at)
            case Withdrawn():
                it.state = withdrawn(it.state, one.number)
            case Rated():
                it.state = rated(it.state, content=one.content)
                if one.word is not None:
                    heard.words.append(Word(one.conversation_id, one.talk_id, one.word.key, one.word.box))
            case Reached():
                heard.ends.append(Ended(one.conversation_id, one.reply_id, one.end.value))
    return heard


def _keep(heard: Heard, one: Opened | Said, state: State, at: datetime) -> None:
    """Keep what was said, unless the citizen was forgotten."""
    if state.forgotten:
        return
    text = one.text
    heard.utterances.append(
        Spoken(one.talk_id, one.conversation_id, one.number, state.heard, at, text.key, text.box)
    )
    if isinstance(one, Said) and one.file is not None:
        file = one.file
        heard.files.append(Sent(one.talk_id, file.file_id, file.type, file.size, file.until))
