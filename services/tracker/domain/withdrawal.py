"""What a withdrawal leaves of one application, and who must hear of it: pure functions over its history.

Whoever was told of a withdrawn event hears once where the document stands. So does everybody else who
believes something else than what stands now: they saw the wrong stage when they began to follow, or what
remains was overruled or silenced by what is withdrawn.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.tracker.domain.state import (
    Event,
    Folded,
    Known,
    fold,
    visible,
)


class Moment(NamedTuple):
    """When something was taken in or said; of one batch in the order of its stream, else after all of it."""

    at: datetime
    sequence: int = sys.maxsize


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event of the history, when it was taken in, and when it was withdrawn."""

    event: Event
    arrived: Moment
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is known of an application after a withdrawal, its history, whether what stands may be told."""

    known: Known
    history: Sequence[PastEvent]
    notify: bool


def remainder(known: Known, history: Sequence[PastEvent]) -> Remainder:
    """Return what a withdrawal leaves of what was known; `history` has it marked already."""
    folded = fold(past.event for past in history if past.withdrawn_at is None)
    # A revision only rises, so what is said now is newer than all that was said before.
    after = Known(folded.state, folded.last, known.revision + 1, known.owner)
    return Remainder(after, history, folded.notify)


def stood(history: Sequence[PastEvent], moment: Moment) -> Folded:
    """Return where the application stood at a moment, by what had come and was not yet withdrawn."""
    return fold(
        past.event
        for past in history
        if past.arrived <= moment and (past.withdrawn_at is None or past.withdrawn_at > moment.at)
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """What reached a follower: the newest revisions that told of what is withdrawn and of what is not.

    `last`: when the newer of the two was said, or they began to follow.
    """

    last: Moment
    wrong: int | None = None
    correct: int | None = None


def must_hear(heard: Heard, left: Remainder | None) -> bool:
    """Tell whether a follower is to be told where the document stands.

    Without `left`, long after a withdrawal, only what they were told in spite of it counts.
    """
    if heard.wrong is not None and (heard.correct is None or heard.correct < heard.wrong):
        return True
    if left is None:
        return False
    believed = stood(left.history, heard.last).state
    if visible(believed) == visible(left.known.state):
        return False
    withdrawn = {(past.event.publisher, past.event.event_id) for past in left.history if past.withdrawn_at}
    misled = believed is not None and (believed.publisher, believed.event_id) in withdrawn
    # What was brought in silently is said to those only who believe what is withdrawn.
    return left.notify or misled
