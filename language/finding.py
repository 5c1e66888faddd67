"""Words found in what was said, in whatever form they stand there."""

from collections.abc import Sequence

from language.normalising import fold, words_of

_PIECE = 400
"""Characters in which words are looked for at a time."""
_ENDINGS = ((9, 3), (6, 2))
"""From so many letters on a word's forms may differ in so many of the last ones."""
_LONGEST_SEARCH = 200


def stems_of(words: str) -> Sequence[str]:
    """Return what is looked for: how each word sounds, without the letters in which forms of it differ."""
    sounds = [fold(word) for word in words_of(words[:_LONGEST_SEARCH])]
    return list(dict.fromkeys(map(_stem, sounds)))


def has_all(text: str, stems: Sequence[str]) -> bool:
    """Tell whether a text has a word that begins with each of the stems; no stems are in no text."""
    if not stems:
        return False
    sounds = [fold(word) for first in range(0, len(text), _PIECE) for word in _words(text, first)]
    return all(any(sound.startswith(stem) for sound in sounds) for stem in stems)


def _words(text: str, first: int) -> Sequence[str]:
    """Return the words of a piece of a text; one that the piece cuts is whole in one of two pieces."""
    begun = text.rfind(" ", max(0, first - 40), first) + 1 if first else 0
    return words_of(text[begun : first + _PIECE])


def _stem(sound: str) -> str:
    ending = next((letters for length, letters in _ENDINGS if len(sound) >= length), 0)
    return sound[: len(sound) - ending]
