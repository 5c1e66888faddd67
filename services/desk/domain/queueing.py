"""In which order people are answered, by whom, and for how long one of the staff holds a conversation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.desk.domain.viewers import Viewer

LEASE = timedelta(minutes=5)
"""Without a sign of life for so long a conversation goes back to the queue."""
PRESENT = timedelta(seconds=90)
"""Whoever gave no sign for so long is not there."""
AT_RISK = timedelta(hours=2)
"""With no more time of work than that left, a promise is at risk, and its conversation urgent."""
GENERAL = "general"
"""The topic of what nobody gave one."""
_GROUP = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """What a place in the queue follows from."""

    conversation_id: UUID
    urgent: bool
    since: datetime

    @property
    def order(self) -> tuple[bool, datetime, UUID]:
        """Return what sorts: urgent first, then the oldest; of the same instant the ids decide."""
        return not self.urgent, self.since, self.conversation_id


def topics_of(answer_topic: str | None, document: str | None) -> tuple[str, ...]:
    """Return the topics under which a conversation is found: whoever knows one of them may answer.

    None at all means that everybody may.
    """
    return tuple(dict.fromkeys(one for one in (answer_topic, document) if one))


def named(topics: Iterable[str]) -> str:
    """Return the one topic that a conversation is shown and counted under."""
    return next(iter(topics), GENERAL)


def fits(viewer: Viewer, language: str, topics: Iterable[str]) -> bool:
    """Tell whether somebody speaks the language and knows one of the topics; no topics: everybody does."""
    wanted = frozenset(topics)
    speaks = not viewer.languages or language in viewer.languages
    return speaks and (not viewer.topics or not wanted or not wanted.isdisjoint(viewer.topics))


def group_of(viewer: Viewer) -> str:
    """Return the staff group that somebody's answers count for: those who work for the same offices."""
    return "+".join(sorted(viewer.offices))[:_GROUP]
