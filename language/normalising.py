"""From a text to its plain words, and from a word to its sound, so that two alphabets and spellings meet."""

import re
import unicodedata
from functools import lru_cache

LONGEST = 400
"""Characters of a text that are looked at."""

_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ‘`´′ʹ](?=\w)")
_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_TWINS_LATIN = "aceiopxy"
_TWINS_CYRILLIC = "асеіорху"
_TO_CYRILLIC = str.maketrans(_TWINS_LATIN, _TWINS_CYRILLIC)
_TO_LATIN = str.maketrans(_TWINS_CYRILLIC, _TWINS_LATIN)
_LATIN = re.compile("[a-z]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_SOUNDS = str.maketrans(
    {
        **dict(zip("абвгґдеєэёзиіїйыклмнопрстуфхъь", "abvhhdeeeeziiiiiklmnoprstufh\0\0", strict=True)),
        "ъ": "",
        "ь": "",
        "ж": "zh",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "sh",
        "ю": "iu",
        "я": "ia",
    }
)
_SPELLINGS = (("shch", "sh"), ("sch", "sh"), ("kh", "h"), ("g", "h"), ("y", "i"), ("j", "i"))
_REPEATED = re.compile(r"([^aeiou])\1+")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text of any length: compatibility form, lower case, one alphabet in each word."""
    plain = (
        unicodedata.normalize("NFKC", text[:LONGEST].translate(_INVISIBLE))
        .lower()
        .replace("ё", "е")[:LONGEST]
    )
    return tuple(_one_alphabet(word) for word in _WORD.findall(_APOSTROPHES.sub("", plain)))


def _one_alphabet(word: str) -> str:
    """Return a word with letters of the other alphabet replaced by those of its own that look alike.

    Its own is the alphabet of the letters that the other one does not have.
    """
    latin, cyrillic = len(_LATIN.findall(word)), len(_CYRILLIC.findall(word))
    if not latin or not cyrillic:
        return word
    latin -= sum(map(word.count, _TWINS_LATIN))
    cyrillic -= sum(map(word.count, _TWINS_CYRILLIC))
    return word.translate(_TO_LATIN if latin > cyrillic else _TO_CYRILLIC)


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Return how a word sounds, roughly, in Latin letters: `що`, `шо` and `sho` meet."""
    sound = word.translate(_SOUNDS)
    for spelling, plain in _SPELLINGS:
        sound = sound.replace(spelling, plain)
    return _REPEATED.sub(r"\1", sound)


def is_latin(word: str) -> bool:
    """Tell whether a word is written in Latin letters."""
    return _LATIN.search(word) is not None
