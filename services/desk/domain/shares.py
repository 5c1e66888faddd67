"""How content people were who rated, in shares of which none is that of one person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FEWEST_RATED = 5
FEWEST_STAFF = 3


@dataclass(frozen=True, slots=True)
class Rated:
    """So many conversations were rated under one topic, in one language, answered by one staff group."""

    topic: str
    language: str
    staff_group: str
    content: int
    rated: int


@dataclass(frozen=True, slots=True)
class Content:
    """How content people were who rated: how many did, and the share of those who were content, 0 to 1."""

    rated: int
    share: float


@dataclass(frozen=True)
class Shares:
    """How content people were, together and by topic, language and staff group.

    What fewer than five ratings say is left out, and so is a group of fewer than three people.
    """

    together: Content | None
    topics: Mapping[str, Content]
    languages: Mapping[str, Content]
    groups: Mapping[str, Content]


def shares_of(rated: Iterable[Rated], staff: Mapping[str, int]) -> Shares:
    """Return the shares; `staff` is how many people are in each group."""
    all_ = list(rated)
    groups = _by((one.staff_group, one) for one in all_ if staff.get(one.staff_group, 0) >= FEWEST_STAFF)
    return Shares(
        _by(("", one) for one in all_).get(""),
        _by((one.topic, one) for one in all_),
        _by((one.language, one) for one in all_),
        groups,
    )


def _by(named: Iterable[tuple[str, Rated]]) -> Mapping[str, Content]:
    sums: dict[str, tuple[int, int]] = {}
    for name, one in named:
        content, rated = sums.get(name, (0, 0))
        sums[name] = content + one.content, rated + one.rated
    return {
        name: Content(rated, content / rated)
        for name, (content, rated) in sorted(sums.items())
        if rated >= FEWEST_RATED
    }
