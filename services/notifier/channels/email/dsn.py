"""What servers report of letters that they could not deliver (RFC 3464), read from mail of anybody's.

Only the outer parts are looked at, at most so many bytes of them and each once, so that no form of a mail
costs more than its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.notifier.channels.email.marks import Marks

LONGEST = 128 * 1024
"""So many bytes of a mail are read: a report stands before the letter that it returns."""
_MOST_PARTS, _MOST_FIELDS, _LONGEST_HEAD = 10, 50, 32 * 1024
_BLANK = re.compile(rb"\r?\n\r?\n")
_REPORT = re.compile(rb"multipart/report\b", re.IGNORECASE)
_STATUS_PART = re.compile(rb"message/(?:global-)?delivery-status\b", re.IGNORECASE)
_BOUNDARY = re.compile(
    rb"boundary[ \t]{0,9}=[ \t]{0,9}(?:\"([^\"\r\n]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE
)
_FAILED = re.compile(rb"^action:[ \t]{0,99}failed\b", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^status:[ \t]{0,99}([245]\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC = re.compile(
    rb"^diagnostic-code:[^\n]{0,200}?\b([45]\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE | re.MULTILINE
)
_NO_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_SHUT = "5.2.1"
_UNSAID = frozenset({"5.0.0", "4.0.0"})

Gone = Literal["not_found", "deactivated"]
"""Why nothing can be sent to an address any more."""


@dataclass(frozen=True)
class Bounce:
    """A letter that did not arrive; `status` is the enhanced status code, `gone` why none ever will."""

    key: UUID
    status: str
    gone: Gone | None


def bounce_of(mail: bytes, marks: Marks) -> Bounce | None:
    """Return what a mail reports of a letter of ours that failed; None for every other mail.

    Reports of delays, answers of machines and people, and what bears no mark of ours are other mail.
    """
    mail = mail[:LONGEST]
    head, body = _cut(mail)
    kind = _field(head, b"content-type")
    boundary = _BOUNDARY.search(kind)
    if _REPORT.match(kind) is None or boundary is None:
        return None
    for status in _failures(body, boundary[1] or boundary[2]):
        key = marks.proved(mail.decode("ascii", "replace"))
        return None if key is None else Bounce(key, status, gone_of(status))
    return None


def gone_of(status: str) -> Gone | None:
    """Return why an address takes no letters any more, by an enhanced status code; None where it may."""
    if status in _NO_MAILBOX:
        return "not_found"
    return "deactivated" if status == _SHUT else None


def _failures(body: bytes, boundary: bytes) -> Iterator[str]:
    """Yield the status of each recipient to whom a letter could not be delivered."""
    for part in (b"\n" + body).split(b"\n--" + boundary, _MOST_PARTS)[1:]:
        head, content = _cut(part)
        if _STATUS_PART.match(_field(head, b"content-type")) is None:
            continue
        for fields in _BLANK.split(content, _MOST_FIELDS):
            if _FAILED.search(fields):
                said, more = _STATUS.search(fields), _DIAGNOSTIC.search(fields)
                status = said[1].decode() if said else "5.0.0"
                yield more[1].decode() if more and status in _UNSAID else status


def _cut(mail: bytes) -> tuple[bytes, bytes]:
    end = _BLANK.search(mail)
    return (
        (mail[:_LONGEST_HEAD], b"")
        if end is None
        else (mail[: end.start()][:_LONGEST_HEAD], mail[end.end() :])
    )


def _field(head: bytes, name: bytes) -> bytes:
    """Return the first field of a name, at most a thousand bytes of it, its lines joined."""
    found = re.search(
        rb"^" + name + rb":[ \t]{0,99}([^\n]{0,1000}(?:\n[ \t][^\n]{0,1000}){0,20})",
        head,
        re.IGNORECASE | re.MULTILINE,
    )
    return b"" if found is None else found[1].replace(b"\r", b"").replace(b"\n", b" ")[:1000]
