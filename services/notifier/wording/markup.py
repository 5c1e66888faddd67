"""Text made of runs: values are cleaned and clipped once, at the one place where they enter a sentence.

Lengths are counted in UTF-16 units of what is shown, as messengers count them, or in letters, as people do: a
letter with its marks is one, and so is an emoji, whatever it is made of.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from string import Formatter

import regex

from services.notifier.domain.messages import Run, Text, joined, utf16_length

PARAGRAPH = "\n\n"
"""What stands between paragraphs, and nowhere else."""
LETTER = 16
"""UTF-16 units that the longest emoji takes, and so do all marks that a letter of any language bears."""

_LINE, _GAP = Run("\n"), Run(PARAGRAPH)

_BLANK = r"\s\x1c-\x1f\u2800"
_SPACES = regex.compile(rf"[{_BLANK}]+")
_NO_BREAK = "\u00a0\u202f"
# Control, format (bidi controls, tags), half characters, what means something by agreement only, and what
# shows nothing by itself: fillers, joiners, selectors. Characters of a Unicode to come are none of these.
_HIDDEN = r"\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}"
_JOINING = (
    r"\p{Arabic}\p{Syriac}\p{Mandaic}\p{Nko}\p{Mongolian}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}"
    r"\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Tibetan}\p{Myanmar}\p{Khmer}"
)
# Shows nothing by itself and yet belongs to what people type: the selector behind a sign, the joiner inside
# of an emoji and between the letters of scripts that need it, the tags of a region's flag.
_BELONGS = rf"""
    (?<=[^{_BLANK}{_HIDDEN}])[\uFE00-\uFE0F\U000E0100-\U000E01EF]
    | (?<=\p{{Extended_Pictographic}}[\uFE0F\p{{Emoji_Modifier}}]?)\u200D(?=\p{{Extended_Pictographic}})
    | (?<=(?![{_HIDDEN}])[{_JOINING}]\p{{M}}*)[\u200C\u200D](?=(?![{_HIDDEN}])[{_JOINING}])
    | (?<=\U0001F3F4)[\U000E0030-\U000E0039\U000E0061-\U000E007A]{{3,6}}\U000E007F
"""
_UNSEEN = regex.compile(rf"({_BELONGS})|(?![{_BLANK}])[{_HIDDEN}]", regex.VERBOSE)
_STACK = regex.compile(r"(?<=\p{M}{8})\p{M}")
# Latin, Greek and Cyrillic letters, digits, signs and the plain blank: nearly every text there is.
_PLAIN = re.compile(r"[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2116]*")
_LETTERS = regex.compile(r"\X")


def letters(text: str) -> int:
    """Return the length in letters, as people count them; what is piled up on one counts for more."""
    return sum(math.ceil(utf16_length(letter) / LETTER) for letter in _LETTERS.findall(text))


def cleaned(value: str) -> str:
    """Return one line of what people typed, without what is hidden in it; runs of blanks become one blank.

    Emoji stay whole, also those that are newer than this Python. What goes: control and bidi characters,
    padding that nobody sees, and marks piled up beyond eight on a letter.
    """
    if _PLAIN.fullmatch(value):
        return " ".join(value.split())
    seen = _STACK.sub("", _UNSEEN.sub(r"\1", value))
    blanks = _SPACES.sub(lambda run: run[0] if run[0] in _NO_BREAK else " ", seen)
    return " ".join(part for part in blanks.split(" ") if part).strip()


def clipped(text: str, units: int) -> str:
    """Return at most so many UTF-16 units, with an ellipsis in place of the letters that were cut."""
    # No character takes more than two units: mostly there is nothing to count.
    if 2 * len(text) <= units or utf16_length(text) <= units:
        return text
    kept: list[str] = []
    left = units - 1
    for found in _LETTERS.finditer(text):
        left -= utf16_length(found[0])
        if left < 0:
            break
        kept.append(found[0])
    return "".join(kept).rstrip() + "…"


def literal(text: str) -> Text:
    """Return a text of our own, which is shown as it stands."""
    return (Run(text),) if text else ()


def text_of(value: object, units: int = 800) -> Text:
    """Return a value as it may stand in a message: cleaned, and clipped to so many units.

    What is a text already stays as it is.
    """
    if isinstance(value, tuple):
        return value
    return literal(clipped(cleaned(str(value)), units))


def bold(value: object, units: int = 200) -> Text:
    """Return a value in bold; an empty one stays empty."""
    return tuple([Run(run.text, bold=True, italic=run.italic) for run in text_of(value, units)])


def lines(*parts: Text | None) -> Text:
    """Return the parts that are there, one under the other."""
    return joined(parts, _LINE)


def paragraphs(parts: Iterable[Text | None]) -> Text:
    """Return the parts that are there, an empty line apart."""
    return joined(parts, _GAP)


def fill(sentence: str, values: Mapping[str, object]) -> Text:
    """Return a sentence with its `{values}` put in, cleaned; one that is a text keeps its emphasis."""
    runs: list[Run] = []
    for before, name in _parsed(sentence):
        runs += before
        if name is not None:
            runs += text_of(values[name])
    return tuple(runs)


@lru_cache(maxsize=4096)
def _parsed(sentence: str) -> tuple[tuple[Text, str | None], ...]:
    """Return what stands before each value of a sentence, and the value's name; no name at the end."""
    return tuple((literal(before), name) for before, name, _, _ in Formatter().parse(sentence))
