"""Two people who became one followed the same document: which subscription stays, and what need not be told.

Pure functions over what was said to both. The one person hears all news that waits and that they have not
heard by either way, each once, and nothing older after something newer. So one subscription stays, and what
waits for the other is taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import NoticeId, SubscriptionId
from contracts.messages.notice import NoticeKind, notice_id
from services.tracker.domain.batch import Identity

TOLD: Final = frozenset({DeliveryEnd.ACCEPTED, DeliveryEnd.UNKNOWN})
"""The ends after which somebody has, or may have, read the notice."""
_NEWS: Final = frozenset(NoticeKind) - {NoticeKind.OVERDUE, NoticeKind.FOLLOWER}
"""The kinds that say where a document stands: of two the higher revision is the newer."""


@dataclass(frozen=True, slots=True)
class Said:
    """One notice of a subscription; `cause` is None where no event caused it, `end` while it waits."""

    notice_id: NoticeId
    kind: NoticeKind
    revision: int
    cause: Identity | None
    at: datetime
    end: DeliveryEnd | None


@dataclass(frozen=True, slots=True)
class Way:
    """A subscription and all that was said by it."""

    subscription_id: SubscriptionId
    said: Sequence[Said]


@dataclass(frozen=True, slots=True)
class Settled:
    """Which of two subscriptions stays, which ends, and the notices to be taken back."""

    stays: SubscriptionId
    ended: SubscriptionId
    needless: frozenset[NoticeId]


def settle(into: Way, joining: Way) -> Settled:
    """Return what becomes of two subscriptions of one person to one document.

    That of `into` stays, unless newer news, or more of it, waits by the other way alone.
    """
    stays, ends = into, joining
    if _news(joining, into) > _news(into, joining):
        stays, ends = joining, into
    needless = {one.notice_id for one in ends.said if one.end is None}
    needless |= {one.notice_id for one in stays.said if one.end is None and _heard(one, stays, ends)}
    return Settled(stays.subscription_id, ends.subscription_id, frozenset(needless))


def _news(own: Way, other: Way) -> list[int]:
    """Return the revisions of what waits and was not heard by the other way, the newest first."""
    waits = (one for one in own.said if one.kind in _NEWS and one.end is None)
    return sorted((one.revision for one in waits if not _heard(one, own, other)), reverse=True)


def _heard(one: Said, own: Way, other: Way) -> bool:
    """Tell whether the other way has made a notice needless."""
    if one.kind in _NEWS:
        if any(told.kind in _NEWS and told.revision >= one.revision for told in _told(other)):
            return True
        # Who was not told of an event began to follow later, and read of it in the answer.
        return one.cause is not None and all(said.cause != one.cause for said in other.said)
    if one.notice_id == notice_id(NoticeKind.FOLLOWER, str(other.subscription_id), own.subscription_id):
        return True
    # Nothing else tells apart of which follower or date they are: those made together are the same.
    return any(
        (told.kind, told.revision, told.at) == (one.kind, one.revision, one.at) for told in _told(other)
    )


def _told(way: Way) -> list[Said]:
    return [said for said in way.said if said.end in TOLD]
