"""Look-up by likeness: which labelled phrasing a text is nearest to, by how much, and why.

A text becomes three kinds of features: pieces of its words (2 to 4 sounds), what its words mean, and pairs of
what they mean. Rare features weigh more (tf-idf), each kind has its share, and likeness is the cosine. The
score of a label is half that of its nearest phrasing, half that of all its phrasings taken together. Labels
stand in the order of score and odds (naive Bayes) together; one of the very same words comes before all
others. It is clear where the first has by far the best score as well.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nlargest
from itertools import combinations
from typing import Literal, TypeVar

from language.normalising import words_of
from language.odds import Feature, Together
from language.vocabulary import Vocabulary, Word

T = TypeVar("T")
Verdict = Literal["clear", "near", "none"]

_MEANING, _PAIR, _PIECE = "m", "n", "p"
"""The kinds of features, in the order in which features of the same weight are taken."""
_AND = "\0"
_SHARES: Mapping[str, float] = {_PIECE: 1.0, _MEANING: 1.0, _PAIR: 2.0}
_TOGETHER = 0.5
_ODDS = 0.1
_PIECES = range(2, 5)
_MOST_WORDS = 40
_MOST_MEANINGS = 16
_MOST_SOUNDS = 4_096
_MOST_POSTINGS = 2_000
_CLOSER = 24
_LABELS = 8
_LEAST_SCORE = 0.18
_CLEAR_SCORE = 0.30
_CLEAR_SECOND = 0.65
_THE_SAME = 0.99
_NAMED = 4
_NOWHERE = (array("l"), array("d"))


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

    def __init__(
        self,
        phrases: Iterable[Phrase],
        vocabulary: Vocabulary,
        breathe: Callable[[], None] | None = None,
    ) -> None:
        """Make ready; `breathe` is called after every phrasing, to let others compute."""
        self.phrases = tuple(phrases)
        self._vocabulary = vocabulary
        self._breathe = breathe or _on
        said = [self._said(phrase) for phrase in self.phrases]
        vocabulary.meet(word for words in said for word in words)
        names: dict[Feature, Feature] = {}
        counted = [self._read(words, names) for words in said]
        occurs = self._occurrences(counted)
        self._rarity = {name: math.log(1 + len(counted) / count) for name, count in occurs.items()}
        self._unknown = math.log(1 + max(1, len(counted)))
        self._labels = tuple(sorted({phrase.label for phrase in self.phrases}))
        places = {label: place for place, label in enumerate(self._labels)}
        self._label_of = [places[phrase.label] for phrase in self.phrases]
        # Each takes the place of what it is made from, or the memory of both would be needed at once.
        self._vectors: list[Mapping[Feature, float]] = list(map(self._weighed, _used_up(counted)))
        self._postings: dict[Feature, tuple[array[int], array[float]]] = {}
        for index, vector in enumerate(self._vectors):
            self._breathe()
            for name, weight in vector.items():
                posting = self._postings.get(name)
                if posting is None:
                    posting = self._postings[name] = array("l"), array("d")
                posting[0].append(index)
                posting[1].append(weight)
        self._together = self._all_together()
        self._same: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for index, words in enumerate(said):
            self._breathe()
            if words:
                self._same[words].append(index)

    def _said(self, phrase: Phrase) -> tuple[str, ...]:
        self._breathe()
        return words_of(phrase.text)

    def _read(self, words: Sequence[str], names: dict[Feature, Feature]) -> Counter[Feature]:
        """Return the features of a phrasing; the same one is the same object in all of them."""
        self._breathe()
        found = _features(self._vocabulary.read(words))
        return Counter({names.setdefault(name, name): count for name, count in found.items()})

    def _occurrences(self, counted: Iterable[Counter[Feature]]) -> Counter[Feature]:
        occurs: Counter[Feature] = Counter()
        for features in counted:
            self._breathe()
            occurs.update(features.keys())
        return occurs

    def _weighed(self, features: Counter[Feature]) -> Mapping[Feature, float]:
        self._breathe()
        return self._vector(features)

    def _all_together(self) -> list[Together]:
        """Return, by label, all its phrasings taken together."""
        sums: list[dict[Feature, float]] = [defaultdict(float) for _ in self._labels]
        for index, vector in enumerate(self._vectors):
            self._breathe()
            for name, weight in vector.items():
                sums[self._label_of[index]][name] += weight
        return [self._one_together(total) for total in sums]

    def _one_together(self, total: Mapping[Feature, float]) -> Together:
        self._breathe()
        return Together.of(total, len(self._rarity))

    def dismantle(self, breathe: Callable[[], None]) -> None:
        """Give up what takes most memory bit by bit, with a breath between; nothing is found from then on."""
        for table in (self._postings, self._rarity, self._same):
            while table:
                table.popitem()
                breathe()
        for row in (self._vectors, self._together):
            while row:
                row.pop()
                breathe()

    def knows(self, word: str) -> bool:
        """Tell whether a plain word stands in a phrasing or among the words that mean something."""
        return self._vocabulary.knows(word)

    def same(self, text: str) -> frozenset[str]:
        """Return the labels that have a phrasing of the very same words."""
        return frozenset(self.phrases[index].label for index in self._same.get(words_of(text), ()))

    def look_up(
        self,
        text: str,
        *,
        most: int = 3,
        among: Callable[[str], bool] | None = None,
        unlike: bool = False,
    ) -> Found:
        """Return what a text of any length means, at most `most` candidates, best first.

        `among` tells of a label whether it may be meant at all; None: each may. With `unlike` phrasings of
        the very same words are left out, as if somebody asked otherwise than anybody before.
        """
        said = words_of(text)
        words = self._vocabulary.read(said[:_MOST_WORDS])
        vector = self._vector(_features(words))
        may = cache(lambda label: among is None or among(self._labels[label]))
        same = [index for index in self._same.get(said, ()) if may(self._label_of[index])]
        likely = self._likely(vector, None if among is None else may)
        nearest: dict[int, tuple[float, int]] = {}
        for index in [one for one in likely if one not in same] if unlike else [*same, *likely]:
            label, score = self._label_of[index], _likeness(vector, self._vectors[index])
            if label not in nearest or (score > nearest[label][0] and nearest[label][1] not in same):
                nearest[label] = (score, index)
        best = nlargest(_LABELS, nearest.items(), key=lambda item: (item[1][0], -item[1][1]))
        scores = {
            label: (1 - _TOGETHER) * score + _TOGETHER * _likeness(vector, self._together[label].direction)
            for label, (score, _) in best
        }
        odds = {label: self._together[label].odds(vector) for label, _ in best}
        ranked = sorted(
            ((index in same, scores[label] + _ODDS * odds[label], -index) for label, (_, index) in best),
            reverse=True,
        )
        candidates = tuple(
            self._near(vector, scores[self._label_of[-index]], -index) for _, _, index in ranked
        )
        return Found(_verdict(candidates), words, candidates[:most])

    def _likely(self, vector: Mapping[Feature, float], may: Callable[[int], bool] | None) -> Sequence[int]:
        """Return the phrasings worth a closer look, by their heaviest features, as far as time allows."""
        scores: dict[int, float] = defaultdict(float)
        looked_at = 0
        for name, weight in sorted(vector.items(), key=lambda item: (-item[1], item[0])):
            indices, weights = self._postings.get(name, _NOWHERE)
            looked_at += len(indices)
            if looked_at > _MOST_POSTINGS and scores:
                break
            for index, other in zip(indices, weights, strict=True):
                if may is None or may(self._label_of[index]):
                    scores[index] += weight * other
        return nlargest(_CLOSER, scores, key=scores.__getitem__)

    def _near(self, vector: Mapping[Feature, float], score: float, index: int) -> Near:
        common = {
            name: weight * vector[name] for name, weight in self._vectors[index].items() if name in vector
        }
        heaviest = sorted(common, key=lambda name: (-common[name], name))
        shared = [name[1:].replace(_AND, "+") for name in heaviest if name[0] != _PIECE]
        phrase = self.phrases[index]
        return Near(phrase.label, score, sum(common.values()), phrase, tuple(shared[:_NAMED]))

    def _vector(self, features: Counter[Feature]) -> Mapping[Feature, float]:
        """Return the weights: each kind of length 1, then by its share; what is unknown counts too."""
        rarity, unknown = self._rarity, self._unknown
        raw = {
            name: rarity.get(name, unknown) * (1.0 if count == 1 else 1 + math.log(count))
            for name, count in features.items()
        }
        squares: dict[str, float] = defaultdict(float)
        for name, weight in raw.items():
            squares[name[0]] += weight * weight
        whole = sum(_SHARES[kind] for kind in squares) or 1.0
        scale = {kind: math.sqrt(_SHARES[kind] / whole / square) for kind, square in squares.items()}
        return {name: weight * scale[name[0]] for name, weight in raw.items()}


def _used_up(given: list[T]) -> Iterator[T]:
    """Yield what is in a list, in its order, and take it out."""
    given.reverse()
    while given:
        yield given.pop()


def _on() -> None:
    """Go on at once."""


def _likeness(one: Mapping[Feature, float], other: Mapping[Feature, float]) -> float:
    return sum(weight * other[name] for name, weight in one.items() if name in other)


def _features(words: Sequence[Word]) -> Counter[Feature]:
    features = Counter(piece for word in words for piece in _pieces(word.sound))
    meanings = sorted({meaning for word in words for meaning in word.meanings})[:_MOST_MEANINGS]
    features.update(_MEANING + meaning for meaning in meanings)
    features.update(_PAIR + _AND.join(pair) for pair in combinations(meanings, 2))
    return features


@lru_cache(_MOST_SOUNDS)
def _pieces(sound: str) -> Sequence[Feature]:
    framed = f"<{sound}>"
    return tuple(
        _PIECE + framed[start : start + length]
        for length in _PIECES
        for start in range(len(framed) - length + 1)
    )


def _verdict(candidates: Sequence[Near]) -> Verdict:
    """Tell how sure it is: clear where the odds and likeness agree on the first, by far."""
    if not candidates or max(one.score for one in candidates) < _LEAST_SCORE:
        return "none"
    first, others = candidates[0], candidates[1:]
    if any(first.likeness >= _THE_SAME <= one.likeness for one in others):
        return "near"
    ahead = all(one.score <= _CLEAR_SECOND * first.score for one in others)
    return "clear" if first.likeness >= _THE_SAME or (ahead and first.score >= _CLEAR_SCORE) else "near"
