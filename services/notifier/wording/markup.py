"""Text that is safe to send: values cleaned and escaped once, at the one place where they enter a sentence.

Lengths are counted in UTF-16 units after parsing, as messengers count them.
"""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 4096
"""UTF-16 units of a whole message."""

_SPACES = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
_TAG = re.compile(r"</?[bi]>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))
# Format (bidi controls, zero-width characters, soft hyphens), control, surrogate, private and unassigned.
_INVISIBLE = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})
_NO_BREAK = "\u00a0\u202f"


class Html(str):
    """Text in the subset `<b> <i>` of HTML with every value escaped."""

    __slots__ = ()


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cleaned(value: str) -> str:
    """Return one line without control, bidi and zero-width characters; runs of blanks become one blank."""
    if value.isprintable():
        # Nothing invisible and no blank but the plain one: nearly every text there is.
        return " ".join(value.split())
    blanks = _SPACES.sub(lambda run: run[0] if run[0] in _NO_BREAK else " ", value)
    kept = "".join(character for character in blanks if unicodedata.category(character) not in _INVISIBLE)
    return " ".join(part for part in kept.split(" ") if part)


def clipped(text: str, units: int) -> str:
    """Return at most so many UTF-16 units, with an ellipsis in place of what was cut."""
    # No character takes more than two units: mostly there is nothing to count.
    if 2 * len(text) <= units or utf16_length(text) <= units:
        return text
    kept: list[str] = []
    left = units - 1
    for character in text:
        left -= utf16_length(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def escaped(value: object, units: int = 800) -> Html:
    """Return a value as it may stand in a message: cleaned, clipped to so many units, escaped.

    What is `Html` already stays as it is.
    """
    if isinstance(value, Html):
        return value
    text = clipped(cleaned(str(value)), units)
    return Html(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def bold(value: object, units: int = 200) -> Html:
    """Return a value in bold; an empty one stays empty."""
    text = escaped(value, units)
    return Html(f"<b>{text}</b>") if text else text


def lines(*parts: Html | None) -> Html:
    """Return the parts that are there, one under the other."""
    return Html("\n".join(part for part in parts if part))


def paragraphs(parts: Iterable[Html | None]) -> Html:
    """Return the parts that are there an empty line apart; the last ones go where all is too long."""
    kept = [part for part in parts if part]
    text = "\n\n".join(kept)
    # What is shown is no longer than its markup, in characters of at most two units each.
    while len(kept) > 1 and 2 * len(text) > LONGEST and utf16_length(shown(text)) > LONGEST:
        kept.pop()
        text = "\n\n".join(kept)
    return Html(text)


def shown(html: str) -> str:
    """Return what a reader sees of a text in our subset of HTML."""
    if "<" not in html and "&" not in html:
        return html
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[0]], _TAG.sub("", html))
