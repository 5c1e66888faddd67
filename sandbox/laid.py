"""Orders that wait for their occasion, and what happens by chance: the two ways of scripting a simulator.

An order counts the occasions that match it from the moment it was laid; it strikes at the `nth` of them and
at the following ones, `times` in all. Where several meet an occasion, the one laid first wins.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Order(Protocol):
    """When an order strikes."""

    @property
    def nth(self) -> int:
        """Return which of the matching occasions is the first."""
        ...

    @property
    def times(self) -> int:
        """Return how many are struck."""
        ...


OrderT = TypeVar("OrderT", bound=Order)
OccasionT = TypeVar("OccasionT")
KindT = TypeVar("KindT")


@dataclass(slots=True)
class _Waiting(Generic[OrderT]):
    order: OrderT
    seen: int = 0

    @property
    def strikes(self) -> bool:
        return self.order.nth <= self.seen < self.order.nth + self.order.times

    @property
    def spent(self) -> bool:
        return self.seen >= self.order.nth + self.order.times - 1


class Laid(Generic[OrderT, OccasionT]):
    """The orders that wait; `matches` tells whether an order counts an occasion."""

    def __init__(self, matches: Callable[[OrderT, OccasionT], bool]) -> None:
        self._matches = matches
        self._waiting: list[_Waiting[OrderT]] = []

    def lay(self, order: OrderT) -> None:
        """Let an order wait."""
        self._waiting.append(_Waiting(order))

    def strike(self, occasion: OccasionT) -> OrderT | None:
        """Count an occasion and return the order that meets it, if any."""
        struck: OrderT | None = None
        for waiting in self._waiting:
            if self._matches(waiting.order, occasion):
                waiting.seen += 1
                if struck is None and waiting.strikes:
                    struck = waiting.order
        self._waiting = [waiting for waiting in self._waiting if not waiting.spent]
        return struck

    def clear(self) -> None:
        """Forget every order."""
        self._waiting.clear()


class Chance(Generic[KindT]):
    """Draws a kind by its share of all draws, in the same order for the same seed."""

    def __init__(self, shares: Mapping[KindT, float], seed: int) -> None:
        self._shares = shares
        self._random = random.Random(seed)  # noqa: S311 - a storm that can be repeated

    def draw(self) -> KindT | None:
        """Return a kind, or None for the share that is left."""
        if not self._shares:
            return None
        fate = self._random.random()
        for kind, share in self._shares.items():
            fate -= share
            if fate < 0:
                return kind
        return None
