"""Look-up by likeness: which labelled phrasing a text is nearest to, by how much, and why.

A text becomes three kinds of features: pieces of its words (2 to 4 sounds), what its words mean, and pairs of
what they mean. Rare features weigh more (tf-idf), each kind has its share, and likeness is the cosine. The
score of a label is half that of its nearest phrasing, half that of all its phrasings taken together.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import combinations
from typing import Literal

from language.normalising import words_of
from language.vocabulary import Vocabulary, Word

Verdict = Literal["clear", "near", "none"]
Feature = tuple[str, ...]

_SHARES: Mapping[str, float] = {"piece": 1.0, "meaning": 1.0, "pair": 2.0}
_TOGETHER = 0.5
_PIECES = range(2, 5)
_MOST_WORDS = 40
_MOST_MEANINGS = 16
_MOST_POSTINGS = 2_000
_CLOSER = 24
_LABELS = 8
_LEAST_SCORE = 0.18
_CLEAR_SCORE = 0.30
_CLEAR_SECOND = 0.70
_THE_SAME = 0.99
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Phrase:
    """One labelled phrasing of the base."""

    label: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Near:
    """A label that a text may mean: its score (0 to 1), its nearest phrasing, what both have in common.

    `likeness` (0 to 1) is that to the nearest phrasing alone; 1: the text says the same.
    """

    label: str
    score: float
    likeness: float
    phrase: Phrase
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: `clear` and `near` have candidates, best first, `none` has at most weak ones."""

    verdict: Verdict
    words: tuple[Word, ...]
    candidates: tuple[Near, ...]

    @property
    def label(self) -> str | None:
        """Return the label that the text most likely has; None where nothing is near enough."""
        return None if self.verdict == "none" else self.candidates[0].label


class Base:
    """Labelled phrasings, made ready for look-up; the same data gives the same answers."""

    def __init__(self, phrases: Iterable[Phrase], vocabulary: Vocabulary) -> None:
        self.phrases = tuple(phrases)
        self._vocabulary = vocabulary
        said = [words_of(phrase.text) for phrase in self.phrases]
        vocabulary.meet(word for words in said for word in words)
        counted = [_features(vocabulary.read(words)) for words in said]
        occurs = Counter(feature for features in counted for feature in features)
        self._rarity = {name: math.log(1 + len(counted) / count) for name, count in occurs.items()}
        self._unknown = math.log(1 + len(counted))
        self._labels = tuple(sorted({phrase.label for phrase in self.phrases}))
        places = {label: place for place, label in enumerate(self._labels)}
        self._label_of = [places[phrase.label] for phrase in self.phrases]
        self._vectors = [self._vector(features) for features in counted]
        self._postings: dict[Feature, list[tuple[int, float]]] = defaultdict(list)
        for index, vector in enumerate(self._vectors):
            for name, weight in vector.items():
                self._postings[name].append((index, weight))
        self._together = self._directions()

    def _directions(self) -> Sequence[Mapping[Feature, float]]:
        """Return, by label, where all its phrasings taken together point to."""
        sums: list[dict[Feature, float]] = [defaultdict(float) for _ in self._labels]
        for index, vector in enumerate(self._vectors):
            for name, weight in vector.items():
                sums[self._label_of[index]][name] += weight
        lengths = [math.sqrt(sum(weight * weight for weight in total.values())) or 1.0 for total in sums]
        return [
            {name: weight / length for name, weight in total.items()}
            for total, length in zip(sums, lengths, strict=True)
        ]

    def look_up(self, text: str, *, most: int = 3) -> Found:
        """Return what a text of any length means, at most `most` candidates, best first."""
        words = self._vocabulary.read(words_of(text)[:_MOST_WORDS])
        vector = self._vector(_features(words))
        nearest: dict[int, tuple[float, int]] = {}
        for index in self._likely(vector):
            label, score = self._label_of[index], _likeness(vector, self._vectors[index])
            if label not in nearest or score > nearest[label][0]:
                nearest[label] = (score, index)
        best = nlargest(_LABELS, nearest.items(), key=lambda item: (item[1][0], -item[1][1]))
        scored = sorted(
            (
                (1 - _TOGETHER) * score + _TOGETHER * _likeness(vector, self._together[label]),
                -index,
            )
            for label, (score, index) in best
        )[::-1]
        candidates = tuple(self._near(vector, score, -index) for score, index in scored[: max(most, 2)])
        return Found(_verdict(candidates), words, candidates[:most])

    def _likely(self, vector: Mapping[Feature, float]) -> Sequence[int]:
        """Return the phrasings worth a closer look, by their heaviest features, as far as time allows."""
        scores: dict[int, float] = defaultdict(float)
        looked_at = 0
        for name, weight in sorted(vector.items(), key=lambda item: (-item[1], item[0])):
            postings = self._postings.get(name, ())
            looked_at += len(postings)
            if looked_at > _MOST_POSTINGS and scores:
                break
            for index, other in postings:
                scores[index] += weight * other
        return nlargest(_CLOSER, scores, key=scores.__getitem__)

    def _near(self, vector: Mapping[Feature, float], score: float, index: int) -> Near:
        common = {
            name: weight * vector[name] for name, weight in self._vectors[index].items() if name in vector
        }
        heaviest = sorted(common, key=lambda name: (-common[name], name))
        shared = ["+".join(name[1:]) for name in heaviest if name[0] != "piece"]
        phrase = self.phrases[index]
        return Near(phrase.label, score, sum(common.values()), phrase, tuple(shared[:_NAMED]))

    def _vector(self, features: Counter[Feature]) -> Mapping[Feature, float]:
        """Return the weights: each kind of length 1, then by its share; what is unknown counts too."""
        raw = {
            name: (1 + math.log(count)) * self._rarity.get(name, self._unknown)
            for name, count in features.items()
        }
        squares: dict[str, float] = defaultdict(float)
        for name, weight in raw.items():
            squares[name[0]] += weight * weight
        whole = sum(_SHARES[kind] for kind in squares) or 1.0
        scale = {kind: math.sqrt(_SHARES[kind] / whole / square) for kind, square in squares.items()}
        return {name: weight * scale[name[0]] for name, weight in raw.items()}


def _likeness(one: Mapping[Feature, float], other: Mapping[Feature, float]) -> float:
    return sum(weight * other[name] for name, weight in one.items() if name in other)


def _features(words: Sequence[Word]) -> Counter[Feature]:
    features: Counter[Feature] = Counter()
    for word in words:
        framed = f"<{word.sound}>"
        for length in _PIECES:
            for start in range(len(framed) - length + 1):
                features["piece", framed[start : start + length]] += 1
    meanings = sorted({meaning for word in words for meaning in word.meanings})[:_MOST_MEANINGS]
    features.update(("meaning", meaning) for meaning in meanings)
    features.update(("pair", *pair) for pair in combinations(meanings, 2))
    return features


def _verdict(candidates: Sequence[Near]) -> Verdict:
    if not candidates or candidates[0].score < _LEAST_SCORE:
        return "none"
    second = candidates[1].score if len(candidates) > 1 else 0.0
    ahead = candidates[0].score >= _CLEAR_SCORE and second <= _CLEAR_SECOND * candidates[0].score
    return "clear" if ahead or candidates[0].likeness >= _THE_SAME else "near"
