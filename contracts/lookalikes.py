"""Spellings of one code: what looks the same on paper or on a screen becomes the same text."""

import unicodedata

CYRILLIC = "АВЕЅІЈКМНОРСТУХҮӀԚԜ"
LATIN = "ABESIJKMHOPCTYXYIQW"
"""Capital letters of the two alphabets that look the same, in the same order."""

_TO_LATIN = str.maketrans(CYRILLIC, LATIN)
_TO_CYRILLIC = str.maketrans("ABESIJKMHOPCTYX", "АВЕЅІЈКМНОРСТУХ")
_OTHER_DASHES = "−⁃˗"  # the minus sign, the hyphen bullet and the modifier minus are no dashes to Unicode
_SPACES = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f"), " ")
_SELECTORS = range(0xFE00, 0xFE10)


def plain(text: str) -> str:
    """Return the text in compatibility form and upper case, in Latin letters wherever they look alike.

    Dashes of every kind become `-`, white space becomes one space a character, decimal digits of any script
    become 0 to 9; invisible characters go.
    """
    if text.isascii():
        return text.upper() if text.isprintable() else text.upper().translate(_SPACES)
    visible = "".join(character for character in text if not _invisible(character))
    upper = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).upper())
    signs = "".join(_sign(character) for character in upper if not _invisible(character))
    return signs.translate(_TO_LATIN)


def compact(text: str) -> str:
    """Return the plain text without dashes and spaces, which people set as they like."""
    return plain(text).replace("-", "").replace(" ", "")


def cyrillic(text: str) -> str:
    """Return plain text with the letters that look Cyrillic made Cyrillic."""
    return text.translate(_TO_CYRILLIC)


def _invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or ord(character) in _SELECTORS


def _sign(character: str) -> str:
    if "!" <= character <= "~":
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character in _OTHER_DASHES:
        return "-"
    if category in ("Zs", "Zl", "Zp") or character.isspace():
        return " "
    return character
