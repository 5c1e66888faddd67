"""Whose an application is, and who else may write it: pure rules.

An application belongs to the publisher that first named it, by an event or by a receipt. Another one writes
it only where an operator granted that: on everything of the owner, or on this application alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from contracts.messages.ids import ApplicationKey, Publisher
from services.tracker.domain.state import Known

EVERYTHING = ApplicationKey("")
"""In the place of a key: all that an owner owns."""


class Pair(NamedTuple):
    """An owner, and another publisher."""

    owner: Publisher
    publisher: Publisher


class Grant(NamedTuple):
    """A publisher may write an application that another one owns, or `EVERYTHING` of it."""

    owner: Publisher
    publisher: Publisher
    key: ApplicationKey


Named = tuple[ApplicationKey, Publisher]
"""An application, and a publisher that names it."""


def among(publishers: Collection[Publisher]) -> frozenset[Pair]:
    """Return the pairs by which a group shares: each may write what any other owns."""
    return frozenset(Pair(owner, other) for owner in publishers for other in publishers if owner != other)


def needed(named: Iterable[Named], known: Mapping[ApplicationKey, Known]) -> set[Grant]:
    """Return the grants that decide who may name what; none where each names what is its own.

    Of an application that nobody owns yet, any of those who name it may turn out to be the owner.
    """
    grants: set[Grant] = set()
    unowned: dict[ApplicationKey, set[Publisher]] = defaultdict(set)
    for key, publisher in named:
        application = known.get(key)
        owner = None if application is None else application.owner
        if owner is None:
            unowned[key].add(publisher)
        elif owner != publisher:
            grants.add(Grant(owner, publisher, key))
    for key, publishers in unowned.items():
        grants |= {Grant(*pair, key) for pair in among(publishers)}
    return grants


def granted(wanted: Grant, grants: Collection[Grant]) -> bool:
    """Tell whether a grant was given, by itself or with everything."""
    return wanted in grants or wanted._replace(key=EVERYTHING) in grants


def is_foreign(
    owner: Publisher | None, publisher: Publisher, key: ApplicationKey, grants: Collection[Grant]
) -> bool:
    """Tell whether an application is another's who does not share it with this publisher."""
    if owner is None or owner == publisher:
        return False
    return not granted(Grant(owner, publisher, key), grants)
