"""Checks of single values, as the schemas of the real service put them into words.

A check takes a value and returns what is wrong with it, or None.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

Check: TypeAlias = Callable[[Any], str | None]
_COLOUR = re.compile(r"#?[0-9A-Fa-f]{6}")
LONGEST_ADDRESS = 2000


def whole(least: int, most: int) -> Check:
    """Return a check for a whole number between two, both included."""

    def check(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
        if isinstance(value, bool) or not isinstance(value, int):
            return "instance type does not match any allowed primitive type (allowed: integer)"
        if value > most:
            return f"numeric instance is greater than the required maximum (maximum: {most}, found: {value})"
        if value < least:
            return f"numeric instance is lower than the required minimum (minimum: {least}, found: {value})"
        return None

    return check


def number(least: float, most: float) -> Check:
    """Return a check for any number between two, both included."""

    def check(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "instance type does not match any allowed primitive type (allowed: number)"
        return None if least <= value <= most else f"numeric instance is not within {least} and {most}"

    return check


def text(most: int, *, least: int = 0) -> Check:
    """Return a check for a text of so many characters."""

    def check(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
        if not isinstance(value, str):
            return "instance type does not match any allowed primitive type (allowed: string)"
        if len(value) > most:
            return f"string is too long (length: {len(value)}, maximum allowed: {most})"
        if len(value) < least:
            return f"string is too short (length: {len(value)}, required minimum: {least})"
        return None if _is_sound(value) else "string is not valid UTF-8"

    return check


def one_of(*names: str) -> Check:
    """Return a check for one of a few words."""

    def check(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
        return None if value in names else f'instance value ("{value}") not found in enum {list(names)}'

    return check


def flag(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    """Check for a truth value."""
    if isinstance(value, bool):
        return None
    return "instance type does not match any allowed primitive type (allowed: boolean)"


def colour(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    """Check for a colour in hexadecimal."""
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return None
    return "ECMA 262 regex does not match input string (a colour)"


def address(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    """Check for a web address."""
    wrong = text(LONGEST_ADDRESS, least=1)(value)
    return wrong or (None if is_address(value) else "string is not a valid URI")


def is_address(value: str) -> bool:
    """Tell whether a text is a web address with a host."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def paddings(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    """Check for four paddings of at most 12 points."""
    inside = whole(0, 12)
    sides = 4
    if isinstance(value, list) and len(value) == sides and all(inside(one) is None for one in value):
        return None
    return "array must have four numbers between 0 and 12"


def record(fields: Mapping[str, Check], required: Iterable[str] = ()) -> Check:
    """Return a check for an object with no other fields than these."""
    wanted = tuple(required)

    def check(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
        if not isinstance(value, dict):
            return "instance type does not match any allowed primitive type (allowed: object)"
        others = sorted(set(value) - set(fields))
        if others:
            return f"object instance has properties which are not allowed by the schema: {others}"
        absent = [name for name in wanted if name not in value]
        if absent:
            return f"object has missing required properties ({absent})"
        wrong = ((name, fields[name](given)) for name, given in value.items())
        return next((f"{name}: {why}" for name, why in wrong if why is not None), None)

    return check


def _is_sound(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
