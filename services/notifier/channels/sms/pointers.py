"""Where something stands in what a gateway says: JSON pointers, as RFC 6901 has them."""

import re
from typing import Annotated

from pydantic import AfterValidator

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_LONGEST = 200
_LONGEST_TEXT = 4000


def _usable(pointer: str) -> str:
    if len(pointer) > _LONGEST or _POINTER.fullmatch(pointer) is None:
        raise ValueError("must be a JSON pointer, such as /messages/0/id; empty for the whole")
    return pointer


Pointer = Annotated[str, AfterValidator(_usable)]
"""Where something stands: empty for the whole."""


def found_at(value: object, pointer: str) -> object:
    """Return what stands there; None where nothing does."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def text_at(value: object, pointer: str | None) -> str | None:
    """Return the text or number that stands there, as a text; None where there is nothing of the kind."""
    found = None if pointer is None else found_at(value, pointer)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    text = str(found)
    return text if 0 < len(text) <= _LONGEST_TEXT else None
