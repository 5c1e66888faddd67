"""How likely each label is to be put in the words of a text: naive Bayes over weighed features.

A label's phrasings taken together say of each feature how much of them it is. What none of them has counts as
a little of it, so that nothing is impossible.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

Feature = str
"""A kind, one letter, and what it is: a text, whose hash is computed once, unlike a tuple's."""
_A_LITTLE = 0.02


@dataclass(frozen=True, slots=True)
class Together:
    """All phrasings of a label: the direction in which they point, how far, and how much is in them."""

    direction: dict[Feature, float]
    length: float
    unlike: float

    @classmethod
    def of(cls, total: Mapping[Feature, float], features: int) -> Self:
        """Take the sum of a label's phrasings; `features` is how many there are in the whole base."""
        length = math.sqrt(sum(weight * weight for weight in total.values())) or 1.0
        whole = sum(total.values()) + _A_LITTLE * features
        direction = {name: weight / length for name, weight in total.items()}
        return cls(direction, length, math.log(_A_LITTLE / whole))

    def odds(self, vector: Mapping[Feature, float]) -> float:
        """Return the logarithm of how likely a text is under this label, for comparing labels."""
        direction, length = self.direction, self.length / _A_LITTLE
        told = sum(
            weight * math.log1p(direction[name] * length)
            for name, weight in vector.items()
            if name in direction
        )
        return told + self.unlike * sum(vector.values())
