"""Words that mean the same, whatever the language and ending, and what a slip was to be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from language.normalising import fold, is_latin, words_of

_SHORTEST_SLIP = 5
_TWO_SLIPS = 9
_SHORTEST_BORROWED = 4
_MOST_ROW = 5
_SHORTEST_STEM = 5
_SPELLED = (
    "а я о е є у ю и ы і ї ь й ам ям ом ем єм ах ях ами ями ою ею єю ой ей ий ый ая яя ое ее ые ие ого "
    "его ому ему им ым их ых ими ыми ую юю ій ої в л ла ло ли ть ти сь ся лась лся вся ться тися тись "
    "ют ать ять уть ють ит ет ите ете іть йте емо имо ення енням ення ения ению ания анню ання ість "
    "ості істю ость ости остью s es d ed ing ly "
)
_ENDINGS = frozenset(map(fold, _SPELLED.split())) | {""}
"""What may follow the beginning of a word that stands for all that begins so; no ending of surnames."""
_SPELLED_PREFIXES = (
    "за по при від зі з на об пере до ви роз під про у в с о от вы раз рас под недо пона со вз уз из ис вос "
    "воз пред перед надо піді розі"
)
_PREFIXES = tuple(sorted({fold(one) for one in _SPELLED_PREFIXES.split()}, key=lambda one: (-len(one), one)))
"""What a word of a Slavic language may have before its root, longest first."""
_SHORTEST_ROOT = 4
COURTESY = "courtesy"
"""The meaning of words that say nothing where anything else is said: greetings, please, could you tell me."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was understood: its sound, what it means, and what was read for it where it was a slip."""

    said: str
    sound: str
    meanings: frozenset[str]
    read_as: str | None = None


class Vocabulary:
    """Groups of words by what they mean: `word` stands for itself, `word*` for all that begins so.

    An entry of several words stands for these words in a row. A word is looked for among those of its own
    alphabet, then, as written in the other's letters, among the others; last, with a slip mended.
    """

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        self._alphabets = {True: _Alphabet(), False: _Alphabet()}
        self._rows: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for meaning, entries in groups.items():
            for entry in entries:
                self._learn(meaning, entry)
        for alphabet in self._alphabets.values():
            alphabet.settle()

    def _learn(self, meaning: str, entry: str) -> None:
        words = words_of(entry)[:_MOST_ROW]
        sounds = tuple(fold(word) for word in words)
        if len(sounds) > 1:
            self._rows[sounds[0]].append((sounds, meaning))
        elif sounds:
            self._alphabets[is_latin(words[0])].learn(sounds[0], meaning, beginning=entry.endswith("*"))

    def meet(self, words: Iterable[str]) -> None:
        """Learn words that are spelled right, so that none of them is taken for a slip of another."""
        for word in words:
            self._alphabets[is_latin(word)].known.add(fold(word))
        for alphabet in self._alphabets.values():
            alphabet.settle()

    def knows(self, word: str) -> bool:
        """Tell whether a plain word was learned or met as it is spelled, or with another usual ending."""
        return self._alphabets[is_latin(word)].knows(fold(word))

    def read(self, words: Sequence[str]) -> tuple[Word, ...]:
        """Return the words of one text as they are understood."""
        sounds = [fold(word) for word in words]
        in_rows = self._meanings_of_rows(sounds)
        read = tuple(
            self._word(said, sound, in_rows.get(place, frozenset()))
            for place, (said, sound) in enumerate(zip(words, sounds, strict=True))
        )
        return tuple(word for word in read if COURTESY not in word.meanings) or read

    def _meanings_of_rows(self, sounds: Sequence[str]) -> Mapping[int, frozenset[str]]:
        found: dict[int, frozenset[str]] = {}
        for place, sound in enumerate(sounds):
            for row, meaning in self._rows.get(sound, ()):
                if tuple(sounds[place : place + len(row)]) == row:
                    for one in range(place, place + len(row)):
                        found[one] = found.get(one, frozenset()) | {meaning}
        return found

    def _word(self, said: str, sound: str, in_row: frozenset[str]) -> Word:
        latin = is_latin(said)
        own, other = self._alphabets[latin], self._alphabets[not latin]
        meanings = own.meanings(sound) | in_row
        if meanings or sound in own.known:
            return Word(said, sound, meanings)
        if latin or len(sound) >= _SHORTEST_BORROWED:
            meanings = other.meanings(sound)
            if meanings or sound in other.known:
                return Word(said, sound, meanings)
        meanings = frozenset[str]() if latin else own.without_prefix(sound)
        if meanings:
            return Word(said, sound, meanings)
        meant = own.mended(sound)
        return Word(said, sound, meanings) if meant is None else Word(said, meant, own.meanings(meant), meant)


class _Alphabet:
    """What the words written in one alphabet mean, by their sounds."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self._exact: dict[str, frozenset[str]] = {}
        self._beginnings: dict[str, frozenset[str]] = {}
        self._longest = 0
        self._guesses: list[str] = []
        self._stems: dict[int, list[str]] = {}

    def learn(self, sound: str, meaning: str, *, beginning: bool) -> None:
        table = self._beginnings if beginning else self._exact
        table[sound] = table.get(sound, frozenset()) | {meaning}

    def knows(self, sound: str) -> bool:
        return sound in self.known or any(
            sound[:end] in self._beginnings and sound[end:] in _ENDINGS
            for end in range(_SHORTEST_STEM, len(sound) + 1)
        )

    def settle(self) -> None:
        """Get ready to mend slips, once all words are learned."""
        self.known |= self._exact.keys()
        self._longest = max(map(len, self._beginnings), default=0)
        self._guesses = sorted(word for word in self.known if len(word) >= _SHORTEST_SLIP)
        stems: dict[int, list[str]] = defaultdict(list)
        for stem in sorted(self._beginnings):
            if len(stem) >= _SHORTEST_SLIP:
                stems[len(stem)].append(stem)
        self._stems = dict(sorted(stems.items(), reverse=True))

    def meanings(self, sound: str) -> frozenset[str]:
        return self._exact.get(sound, frozenset()) | self._beginning(sound, 1)

    def _beginning(self, sound: str, shortest: int) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for end in range(shortest, min(len(sound), self._longest) + 1):
            found |= self._beginnings.get(sound[:end], frozenset())
        return found

    def without_prefix(self, sound: str) -> frozenset[str]:
        """Return what the root of a word means, where the word itself means nothing known."""
        for prefix in _PREFIXES:
            root = sound[len(prefix) :]
            if len(root) >= _SHORTEST_ROOT and sound.startswith(prefix):
                found = self._beginning(root, _SHORTEST_ROOT)
                if found:
                    return found
        return frozenset()

    def mended(self, sound: str) -> str | None:
        """Return the word, or the beginning of words, that a slip was to be; None where none is near."""
        if len(sound) < _SHORTEST_SLIP - 1 or sound.isdigit():
            return None
        return self._whole(sound) or self._stem(sound)

    def _whole(self, sound: str) -> str | None:
        most = 2 if len(sound) >= _TWO_SLIPS else 1
        nearest = process.extractOne(sound, self._guesses, scorer=OSA.distance, score_cutoff=most)
        return None if nearest is None else nearest[0]

    def _stem(self, sound: str) -> str | None:
        for length, stems in self._stems.items():
            for end in (length, length + 1, length - 1):
                if end > len(sound):
                    continue
                nearest = process.extractOne(sound[:end], stems, scorer=OSA.distance, score_cutoff=1)
                if nearest is not None and (length > _SHORTEST_STEM or sound[end:] in _ENDINGS):
                    return nearest[0]
        return None
