"""Texts as they travel by SMPP: in GSM 03.38 or UCS-2, whole or in parts that say of which."""

from dataclasses import dataclass
from uuid import UUID

from services.notifier.channels.sms.parts import gsm, parts_of, read_gsm
from services.notifier.channels.sms.smpp.options import Long

GSM, ASCII, LATIN_1, UCS2 = 0, 1, 3, 8
_CHARSETS = {ASCII: "ascii", LATIN_1: "latin-1", UCS2: "utf-16-be", 6: "iso8859-5", 7: "iso8859-8"}
_CLASSED = 0xF0
_CONCATENATED_8, _CONCATENATED_16 = 0, 8
_HEADER = {"udh8": 6, "udh16": 7}
_WHOLE = {GSM: 160, UCS2: 140}
"""Bytes of a content that needs no header, by its coding: a septet of GSM 03.38 takes a byte."""


@dataclass(frozen=True)
class Part:
    """One part as it travels: its content, in a coding, which begins with a header or not."""

    content: bytes
    coding: int
    header: bool


def encoded(text: str, long: Long, key: UUID) -> tuple[Part, ...]:
    """Return the parts of a text; those of the same key name the same text, so that copies fall together."""
    septets = gsm(text)
    coding = UCS2 if septets is None else GSM
    content = _ucs2(text) if septets is None else septets
    if long == "payload" or len(content) <= _WHOLE[coding]:
        return (Part(content, coding, header=False),)
    pieces = [gsm(piece) or b"" if coding == GSM else _ucs2(piece) for piece in parts_of(text, _HEADER[long])]
    return tuple(
        Part(_header(long, key, len(pieces), number) + piece, coding, header=True)
        for number, piece in enumerate(pieces, 1)
    )


def _ucs2(text: str) -> bytes:
    return text.encode("utf-16-be", "replace")


def _header(long: Long, key: UUID, total: int, number: int) -> bytes:
    if long == "udh8":
        return bytes((5, _CONCATENATED_8, 3, key.int & 0xFF, total, number))
    return bytes((6, _CONCATENATED_16, 4)) + (key.int & 0xFFFF).to_bytes(2) + bytes((total, number))


def read_text(content: bytes, coding: int) -> str | None:
    """Return a text that came; None for what is none."""
    if coding & _CLASSED in (0x10, _CLASSED):
        # Classes of messages, such as those that are only shown: the alphabet stands in two bits.
        coding = {0x0: GSM, 0x8: UCS2}.get(coding & (0x4 if coding >= _CLASSED else 0xC), -1)
    if coding == GSM:
        return read_gsm(content)
    charset = _CHARSETS.get(coding)
    return None if charset is None else content.decode(charset, "replace")
