"""Texts as the messenger sees them: lengths in UTF-16 units, trimming, entities that it finds by itself."""

import re
from collections.abc import Iterable
from dataclasses import replace

from sandbox.telegram.world.model import Entity

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BOT_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")
_FOUND = re.compile(
    r"(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]"
    r"|(?<![\w@./-])(?:[\w-]+\.)+(?:com|org|net|info|io|me|app|eu|de|uk|ua|ru|укр|рф)\b(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]])?)"
    r"|(?<!\w)(?P<mention>@[A-Za-z]\w{3,31})"
    r"|(?<![\w&])(?P<hashtag>#\w*[^\W\d_]\w*)"
)


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, as every limit and offset of the Bot API counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cleaned(text: str) -> str:
    """Return the text as it is stored: no carriage returns, blanks in place of control characters."""
    return _CONTROL.sub(" ", text.replace("\r", ""))


def trimmed(text: str, entities: Iterable[Entity]) -> tuple[str, tuple[Entity, ...]]:
    """Cut white space at both ends and move the entities along; those that end up empty are gone."""
    begun = text.lstrip()
    shift = utf16_length(text) - utf16_length(begun)
    kept = begun.rstrip()
    end = utf16_length(kept)
    moved: list[Entity] = []
    for entity in entities:
        first = max(0, entity.offset - shift)
        last = min(end, entity.offset + entity.length - shift)
        if last > first:
            moved.append(replace(entity, offset=first, length=last - first))
    return kept, tuple(moved)


def with_found(text: str, entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Add the commands, links, addresses and mentions that the messenger makes clickable by itself.

    What lies within a link or code that is already there stays as it is.
    """
    taken = [
        (entity.offset, entity.offset + entity.length)
        for entity in entities
        if entity.type in {"text_link", "code", "pre"}
    ]
    formatted = list(entities)
    spans = [(match.start(), match.end(), "bot_command") for match in _BOT_COMMAND.finditer(text)]
    spans += [(match.start(), match.end(), str(match.lastgroup)) for match in _FOUND.finditer(text)]
    for start, end, kind in sorted(spans):
        offset = utf16_length(text[:start])
        until = offset + utf16_length(text[start:end])
        if all(until <= first or last <= offset for first, last in taken):
            taken.append((offset, until))
            formatted.append(Entity(kind, offset, until - offset))
    return in_order(formatted)


def in_order(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Sort as the Bot API does: by offset, the longer one first."""
    return tuple(sorted(entities, key=lambda entity: (entity.offset, -entity.length)))
