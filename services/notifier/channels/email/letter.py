"""A message as a letter (RFC 5322, MIME): its head, a text, the same as HTML, a file.

The head is made of parts whose form is checked one by one, so that nothing that anybody wrote can begin a
line of its own; what is read is in base64, which no server on the way needs to change.
"""

import re
from base64 import b64encode, encodebytes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from services.notifier.channels.email.addresses import Mailbox
from services.notifier.channels.email.html import html_of
from services.notifier.channels.email.marks import Marks
from services.notifier.domain.messages import Attachment, Message

LONGEST_SUBJECT = 180
_LONGEST_LINE = 998
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_VISIBLE = re.compile(r"[\x20-\x7e]*")
_URL = re.compile(r"https?://[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]{1,900}")
_MEDIA_TYPE = re.compile(r"[a-z0-9]{1,30}/[a-z0-9.+-]{1,60}")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9 !*+/=_.,-]*")
_WORD_BYTES = 42
"""So many bytes of a text make one encoded word of at most 75 characters."""


@dataclass(frozen=True)
class Names:
    """What is said in letters of one language: whose they are, and how one stops them."""

    sender: str
    stop: str


@dataclass(frozen=True)
class Stationery:
    """What all letters of an account have in common.

    Attributes:
        address: whom they are from.
        names: by language; that of the agency's default language is `default`.
        marks: the names of letters.
    """

    address: Mailbox
    names: Mapping[str, Names]
    default: str
    marks: Marks = field(repr=False)

    def letter(self, message: Message, to: Mailbox, key: UUID, at: datetime) -> bytes:
        """Return a letter, each line ended by CR LF.

        `key` is the same for the same letter. One that is `plain`, has no HTML.
        """
        language = message.language if message.language in self.names else None
        names = self.names[language or self.default]
        subject = one_line(message.subject or "", LONGEST_SUBJECT) or names.sender
        seam = f"=_{key.hex}"
        parts = _parts(message, names, language, subject, seam)
        return _joined((*self._head(message, to, key, at, names, subject, language), *parts))

    def _head(  # noqa: PLR0917 - one line of the head each
        self,
        message: Message,
        to: Mailbox,
        key: UUID,
        at: datetime,
        names: Names,
        subject: str,
        language: str | None,
    ) -> Iterator[str]:
        yield _field("From", f"{_phrase(one_line(names.sender, 60))} <{self.address.address}>")
        yield _field("To", f"<{to.address}>", foreign=not to.ascii)
        yield _field("Subject", _encoded(subject))
        yield _field("Date", format_datetime(at))
        yield _field("Message-ID", self.marks.message_id(key))
        if message.thread is not None:
            thread = self.marks.thread_id(message.thread)
            yield _field("In-Reply-To", thread)
            yield _field("References", thread)
        yield _field("Auto-Submitted", "auto-generated")
        yield _field("X-Auto-Response-Suppress", "All")
        if message.unsubscribe is not None and _URL.fullmatch(message.unsubscribe):
            yield _field("List-Unsubscribe", f"<{message.unsubscribe}>")
            if message.unsubscribe.startswith("https://"):
                yield _field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        if language is not None:
            yield _field("Content-Language", language)
        yield "MIME-Version: 1.0"


def one_line(text: str, longest: int) -> str:
    """Return a text as one line of at most so many characters, without what nobody sees."""
    line = _SPACES.sub(" ", text[: 4 * longest]).strip()
    line = line.encode("utf-8", "ignore").decode()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _parts(message: Message, names: Names, language: str | None, subject: str, seam: str) -> Iterator[str]:
    text = _text("text/plain", _plain(message, names))
    body: tuple[str, ...] = tuple(text)
    if not message.plain:
        foot = None if message.unsubscribe is None else names.stop
        page = html_of(message, language=language, title=subject, sender=names.sender, foot=foot)
        body = tuple(_multipart("alternative", f"{seam}a", (body, tuple(_text("text/html", page)))))
    if message.attachment is not None:
        body = tuple(_multipart("mixed", f"{seam}m", (body, tuple(_file(message.attachment)))))
    yield from body


def _plain(message: Message, names: Names) -> str:
    links = [
        f"{button.text}: {button.url}" for row in message.buttons for button in row if button.url is not None
    ]
    stop = [] if message.unsubscribe is None else [f"-- \n{names.stop}: {message.unsubscribe}"]
    return "\n\n".join(part for part in (message.shown.strip("\n"), "\n".join(links), *stop) if part) + "\n"


def _text(media_type: str, text: str) -> Iterator[str]:
    yield _field("Content-Type", f'{media_type}; charset="utf-8"')
    yield from _content(text)


def _file(file: Attachment) -> Iterator[str]:
    media_type = file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", file.name)[:80] or "file"
    charset = '; charset="utf-8"' if media_type.startswith("text/") else ""
    yield _field("Content-Type", f'{media_type}{charset}; name="{name}"')
    yield _field("Content-Disposition", f'attachment; filename="{name}"')
    yield from _content(file.content)


def _content(text: str) -> Iterator[str]:
    yield "Content-Transfer-Encoding: base64"
    yield ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    yield encodebytes(lines.encode("utf-8", "replace")).decode().rstrip("\n").replace("\n", "\r\n")


def _multipart(kind: str, seam: str, parts: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    yield _field("Content-Type", f'multipart/{kind}; boundary="{seam}"')
    for part in parts:
        yield ""
        yield f"--{seam}"
        yield from part
    yield ""
    yield f"--{seam}--"


def _joined(lines: tuple[str, ...]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()


def _field(name: str, value: str, *, foreign: bool = False) -> str:
    """Return one field of a head; ValueError where its value would not be one."""
    lines = value.split("\r\n ")
    fit = all(len(line) + len(name) + 2 <= _LONGEST_LINE for line in lines)
    if not fit or not all(_VISIBLE.fullmatch(line) or (foreign and line.isprintable()) for line in lines):
        raise ValueError(f"{name} cannot have this value")
    return f"{name}: {value}"


def _encoded(text: str) -> str:
    """Return a line for a head: as it is where it is plain, else in encoded words (RFC 2047)."""
    if _PLAIN_WORD.fullmatch(text) and len(text) <= 70:  # noqa: PLR2004 - of the 78 of a line
        return text
    return "\r\n ".join(f"=?utf-8?B?{b64encode(piece.encode()).decode()}?=" for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces, cut after a blank where there is one: some readers show one at each cut."""
    while text:
        room, size = 0, 0
        while room < len(text) and size + (length := len(text[room].encode())) <= _WORD_BYTES:
            room, size = room + 1, size + length
        end = text.rfind(" ", 0, room) + 1 if room < len(text) else room
        yield text[: end or room]
        text = text[end or room :]


def _phrase(text: str) -> str:
    return f'"{text}"' if _PLAIN_WORD.fullmatch(text) and len(text) <= 60 else _encoded(text)  # noqa: PLR2004
