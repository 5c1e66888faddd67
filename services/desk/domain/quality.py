"""How well questions fare, in shares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contracts.messages.desk.question import QuestionKind


@dataclass(frozen=True, slots=True)
class Counted:
    """So many questions of a day that fared alike.

    `answer` is empty where none was found, `topic` where nothing is known of what was meant.
    """

    kind: QuestionKind
    language: str
    topic: str
    answer: str
    count: int


@dataclass(frozen=True)
class Quality:
    """Counts by kind, and their shares, each None where there is nothing to take a share of."""

    counts: Mapping[QuestionKind, int] = field(default_factory=dict)

    def count(self, kind: QuestionKind) -> int:
        """Return how many there were of a kind."""
        return self.counts.get(kind, 0)

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return sum(map(self.count, (QuestionKind.UNDERSTOOD, QuestionKind.NEAR, QuestionKind.MISSED)))

    @property
    def understood(self) -> float | None:
        """The share of questions that were answered at once."""
        return _share(self.count(QuestionKind.UNDERSTOOD), self.asked)

    @property
    def near(self) -> float | None:
        """The share of questions to which answers to choose from were offered."""
        return _share(self.count(QuestionKind.NEAR), self.asked)

    @property
    def missed(self) -> float | None:
        """The share of questions to which nothing was found."""
        return _share(self.count(QuestionKind.MISSED), self.asked)

    @property
    def confirmed(self) -> float | None:
        """The share of yes among those who said whether this was it."""
        yes, no = self.count(QuestionKind.CONFIRMED), self.count(QuestionKind.DENIED)
        return _share(yes, yes + no)


def by(counted: Iterable[Counted], what: str) -> Mapping[str, Quality]:
    """Return the quality by `language`, `topic` or `answer`, those with the most questions first."""
    found: dict[str, dict[QuestionKind, int]] = {}
    for one in counted:
        counts = found.setdefault(getattr(one, what), {})
        counts[one.kind] = counts.get(one.kind, 0) + one.count
    qualities = {name: Quality(counts) for name, counts in found.items()}
    return dict(sorted(qualities.items(), key=lambda item: (-item[1].asked, item[0])))


def together(counted: Iterable[Counted]) -> Quality:
    """Return the quality of all."""
    counts: dict[QuestionKind, int] = {}
    for one in counted:
        counts[one.kind] = counts.get(one.kind, 0) + one.count
    return Quality(counts)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
