"""The parse mode HTML: tags to entities, and the refusals with the byte offset of the tag at fault.

Offsets in refusals count UTF-8 bytes of the text as it was sent; offsets of entities count UTF-16 units of
the text that comes out.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from sandbox.telegram.world.errors import bad_request, cant_parse
from sandbox.telegram.world.model import Entity
from sandbox.telegram.world.text import in_order, utf16_length

_KINDS = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_SPACES = " \t\r\n\v\0"
_SPECIAL = re.compile("[<&]")
_TAG_NAME = re.compile(r"[^ \t\r\n\v\0>]*")
_ATTRIBUTE_NAME = re.compile(r"[^ \t\r\n\v\0=]*")
_BARE_VALUE = re.compile(r"[A-Za-z0-9.-]*")
_REFERENCE = re.compile(r"&(?:#x(?P<hex>[0-9a-fA-F]*)|#(?P<decimal>[0-9]*)|(?P<name>[A-Za-z]*));?")
_LONGEST_REFERENCE = 9
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    piece: int


def parse_html(source: str) -> tuple[str, tuple[Entity, ...]]:
    """Return the plain text and its entities; raise ApiError (400 can't parse entities) as Telegram does."""
    return _Parser(source).run()


def checked_link(url: str) -> str | None:
    """Return a link as Telegram keeps it, or None where it drops it."""
    address = url.strip()
    if "://" not in address:
        address = f"http://{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https", "tg", "ton"} or not parts.netloc or "@" in parts.netloc:
        return None
    if parts.scheme.lower() in {"http", "https"}:
        if "." not in parts.netloc and not parts.netloc.startswith("localhost"):
            return None
        if not parts.path:
            parts = parts._replace(path="/")
    return parts.geturl()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._pieces: list[str] = []
        self._offset = 0
        self._open: list[_Open] = []
        self._entities: list[Entity] = []
        self._surrogates = False

    def run(self) -> tuple[str, tuple[Entity, ...]]:
        source = self._source
        while self._at < len(source):
            special = _SPECIAL.search(source, self._at)
            end = len(source) if special is None else special.start()
            self._emit(source[self._at : end])
            self._at = end
            if special is None:
                break
            if source[end] == "&":
                self._emit(self._reference() or self._literal_ampersand())
            elif source.startswith("/", end + 1):
                self._end_tag()
            else:
                self._start_tag()
        if self._open:
            raise cant_parse(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        if self._surrogates:
            raise bad_request(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        return "".join(self._pieces), in_order(
            replace(entity, language=None) if entity.type == "code" else entity for entity in self._entities
        )

    def _emit(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            self._offset += utf16_length(piece)

    def _literal_ampersand(self) -> str:
        self._at += 1
        return "&"

    def _reference(self) -> str | None:
        match = _REFERENCE.match(self._source, self._at)
        if match is None:
            return None
        character = self._numeric(match) if match["name"] is None else _NAMED.get(match["name"])
        if character is not None:
            self._at = match.end()
        return character

    def _numeric(self, match: re.Match[str]) -> str | None:
        if len(match[0].rstrip(";")) > _LONGEST_REFERENCE:
            return None
        code = int(match["hex"] or "0", 16) if match["hex"] is not None else int(match["decimal"] or "0")
        if code == 0 or code >= _LAST_CODE_POINT:
            return None
        self._surrogates = self._surrogates or code in _SURROGATES
        return chr(code)

    def _bytes_before(self, at: int) -> int:
        return len(self._source[:at].encode())

    def _peek(self) -> str:
        return self._source[self._at] if self._at < len(self._source) else ""

    def _skip_spaces(self) -> None:
        while self._at < len(self._source) and self._source[self._at] in _SPACES:
            self._at += 1

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._source, self._at)
        text = match[0] if match is not None else ""
        self._at += len(text)
        return text

    def _start_tag(self) -> None:
        begin = self._at
        self._at += 1
        tag = self._match(_TAG_NAME).lower()
        where = f"at byte offset {self._bytes_before(begin)}"
        if not self._peek():
            raise cant_parse(f"Unclosed start tag {where}")
        if tag not in _KINDS:
            raise cant_parse(f'Unsupported start tag "{tag}" {where}')
        argument = ""
        while True:
            self._skip_spaces()
            if self._peek() == ">":
                break
            argument = self._attribute(tag, where) or argument
        self._at += 1
        if tag == "span" and argument != "spoiler":
            raise cant_parse(f'Tag "span" must have class "tg-spoiler" {where}')
        self._open.append(_Open(tag, argument, self._offset, len(self._pieces)))

    def _attribute(self, tag: str, where: str) -> str:
        start = self._at
        name = self._match(_ATTRIBUTE_NAME)
        if name.startswith("expandable") and tag == "blockquote":
            # The one attribute without a value; it may touch the end of its tag.
            self._at = start + len("expandable")
            return "expandable"
        if not name:
            raise cant_parse(
                f"Unclosed start tag {where}"
                if not self._peek()
                else f'Empty attribute name in the tag "{tag}" {where}'
            )
        self._skip_spaces()
        if self._peek() != "=":
            raise cant_parse(f'Expected equal sign in declaration of an attribute of the tag "{tag}" {where}')
        self._at += 1
        self._skip_spaces()
        if not self._peek():
            raise cant_parse(f'Unclosed start tag "{tag}" {where}')
        value = self._quoted() if self._peek() in "'\"" else self._bare()
        if not self._peek():
            raise cant_parse(f"Unclosed start tag {where}")
        return _argument(tag, name, value)

    def _bare(self) -> str:
        start = self._at
        value = self._match(_BARE_VALUE).lower()
        if self._peek() not in f"{_SPACES}>":
            raise cant_parse(f"Unexpected end of name token at byte offset {self._bytes_before(start)}")
        return value

    def _quoted(self) -> str:
        quote = self._peek()
        self._at += 1
        value: list[str] = []
        while self._peek() not in {quote, ""}:
            if self._peek() == "&":
                value.append(self._reference() or self._literal_ampersand())
            else:
                value.append(self._peek())
                self._at += 1
        self._at += 1
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self._at
        where = f"at byte offset {self._bytes_before(begin)}"
        if not self._open:
            raise cant_parse(f"Unexpected end tag {where}")
        self._at += 2
        name = self._match(_TAG_NAME).lower()
        self._skip_spaces()
        if self._peek() != ">":
            raise cant_parse(f"Unclosed end tag {where}")
        self._at += 1
        opened = self._open[-1]
        if name and name != opened.tag:
            raise cant_parse(f'Unmatched end tag {where}, expected "</{opened.tag}>", found "</{name}>"')
        self._open.pop()
        if self._offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity = Entity(_KINDS[opened.tag], opened.offset, self._offset - opened.offset)
        previous = self._entities[-1] if self._entities else None
        same_span = (
            previous is not None and previous.offset == entity.offset and previous.length == entity.length
        )
        if opened.tag == "a":
            url = checked_link(opened.argument or "".join(self._pieces[opened.piece :]))
            if url is not None:
                self._entities.append(replace(entity, url=url))
        elif opened.tag == "pre" and same_span and previous is not None and previous.type == "code":
            self._entities[-1] = replace(entity, language=previous.language)
        elif opened.tag == "code":
            self._entities.append(replace(entity, language=opened.argument or None))
        elif opened.tag == "tg-emoji":
            if not opened.argument.isdecimal():
                raise cant_parse("Invalid custom emoji identifier specified")
        elif opened.argument == "expandable":
            self._entities.append(replace(entity, type="expandable_blockquote"))
        else:
            self._entities.append(entity)


def _argument(tag: str, name: str, value: str) -> str:
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id"):
            return value
        case ("code", "class") if value.startswith("language-"):
            return value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case _:
            return ""
