"""Whose an application is, and who else may write it: pure rules.

An application belongs to the publisher that first named it, by an event or by a receipt. Another one writes
it only where an operator granted that: on everything of the owner, or on this application alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from contracts.messages.ids import ApplicationKey, Publisher
from services.tracker.domain.state import Known


class Grant(NamedTuple):
    """A publisher may write what another one owns; `key` None: all of it."""

    owner: Publisher
    publisher: Publisher
    key: ApplicationKey | None


class Named(NamedTuple):
    """A publisher names an application."""

    key: ApplicationKey
    publisher: Publisher


class Pair(NamedTuple):
    """An owner, and a stranger who names something of theirs."""

    owner: Publisher
    publisher: Publisher


def pairs_to_ask(named: Iterable[Named], known: Mapping[ApplicationKey, Known]) -> set[Pair]:
    """Return the pairs whose grants decide who may name what; none where each names what is its own.

    Of an application that nobody owns yet, any of those who name it may turn out to be the owner.
    """
    found: set[Pair] = set()
    unowned: dict[ApplicationKey, set[Publisher]] = defaultdict(set)
    for key, publisher in named:
        one = known.get(key)
        owner = None if one is None else one.owner
        if owner is None:
            unowned[key].add(publisher)
        elif owner != publisher:
            found.add(Pair(owner, publisher))
    for some in unowned.values():
        if len(some) > 1:
            found |= {Pair(owner, stranger) for owner in some for stranger in some - {owner}}
    return found


def is_foreign(
    owner: Publisher | None, publisher: Publisher, key: ApplicationKey, grants: frozenset[Grant]
) -> bool:
    """Tell whether an application is another's who does not share it with this publisher."""
    if owner is None or owner == publisher:
        return False
    return Grant(owner, publisher, None) not in grants and Grant(owner, publisher, key) not in grants


def among(publishers: Collection[Publisher]) -> frozenset[Pair]:
    """Return the pairs by which a group shares: each may write what any other owns."""
    return frozenset(Pair(owner, one) for owner in publishers for one in publishers if owner != one)
