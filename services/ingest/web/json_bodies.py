"""JSON in bodies before any schema reads it: how large it may be, what is refused, what is left out."""

from collections.abc import Set as AbstractSet

from pydantic_core import from_json, to_json

from services.ingest.web.problems import ProblemError

MAX_BODY = 1024 * 1024
"""Bytes of a body that is read as one piece, of one event, and of one line."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Some editors and exports put it before JSON."""
_MOST_BRACKETS = 20_000


def check_readable(text: bytes) -> None:
    """Raise ProblemError 400 for the wrong encoding, or for JSON that takes long to read."""
    if b"\0" in text:
        raise ProblemError(400, "contains NUL; send JSON in UTF-8")
    if text.count(b"[") + text.count(b"{") > _MOST_BRACKETS:
        raise ProblemError(400, f"has more than {_MOST_BRACKETS} lists and objects")


def pruned(text: bytes, names: AbstractSet[str], most: int) -> bytes:
    """Return JSON whose objects have only members of these names; what is not JSON as it is.

    A list keeps one item more than `most`, so that it can be seen to be too long. Each validation error holds
    the whole of the object that it is about: without pruning a large object with many errors is dear.
    """
    try:
        return to_json(_pruned(from_json(text), names, most), inf_nan_mode="constants")
    except ValueError:
        return text


def _pruned(value: object, names: AbstractSet[str], most: int) -> object:
    if isinstance(value, list):
        return [_pruned(item, names, most) if isinstance(item, dict) else item for item in value[: most + 1]]
    if not isinstance(value, dict):
        return value
    return {name: _pruned(member, names, most) for name, member in value.items() if name in names}
