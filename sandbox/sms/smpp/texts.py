"""The texts that a message centre took, put together again, and what it says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import smpp34

IdStyle = Literal["same", "decimal", "padded", "hex"]
"""How receipts write the id: as the answer did, or as a number of another base than the answer's."""
HAS_HEADER, RECEIPT = 0x40, 0x04
GSM, UCS2 = 0, 8
_FIRST = 0x1F00A0
_RECEIPTED_ID, _STATE, _PAYLOAD = 0x001E, 0x0427, 0x0424
_STATES = {"DELIVRD": 2, "EXPIRED": 3, "DELETED": 4, "UNDELIV": 5, "ACCEPTD": 6, "UNKNOWN": 7, "REJECTD": 8}
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Stored:
    """One part of a text: the id that the answer gives it, and its number among all."""

    serial: int
    message_id: str
    number: str
    sender: str
    coding: int
    content: bytes
    place: tuple[int, int, int] | None
    receipt: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A text as a phone shows it."""

    sender: str
    text: str
    ids: tuple[str, ...]


class Texts:
    """Takes parts of texts; `ids` is how receipts name them."""

    def __init__(self, ids: IdStyle) -> None:
        self._ids = ids
        self._next = _FIRST
        self.parts: list[Stored] = []

    def store(self, request: smpp34.SubmitSm, message_id: str | None = None) -> Stored:
        """Store a part; without an id it gets a number, in hex where receipts are to name it in decimal."""
        self._next += 1
        base = "x" if self._ids in ("decimal", "padded") else "d"
        payload = next((option.value for option in request.tlvs if option.tag == _PAYLOAD), b"")
        content, place = _split(request.esm_class, request.short_message or payload)
        stored = Stored(
            self._next,
            format(self._next, base) if message_id is None else message_id,
            f"+{request.destination_addr}",
            request.source_addr,
            request.data_coding,
            content,
            place,
            bool(request.registered_delivery & 1),
        )
        self.parts.append(stored)
        return stored

    def shown(self, number: str) -> list[Text]:
        """Return the texts that a phone shows, those that lack a part left out, one that came twice twice."""
        texts: list[Text] = []
        open_: dict[tuple[int, int], dict[int, Stored]] = {}
        for part in self.parts:
            if part.number != number:
                continue
            if part.place is None:
                texts.append(_text([part]))
                continue
            reference, total, place = part.place
            pieces = open_.setdefault((reference, total), {})
            pieces[place] = part
            if len(pieces) == total:
                texts.append(_text([pieces[one] for one in sorted(pieces)]))
                del open_[reference, total]
        return texts

    def receipt(self, stored: Stored, stat: str, at: datetime) -> bytes:
        """Return the receipt of a part."""
        told = {
            "same": stored.message_id,
            "decimal": str(stored.serial),
            "padded": f"{stored.serial:010d}",
            "hex": f"{stored.serial:X}",
        }[self._ids]
        arrived, when = stat == "DELIVRD", at.strftime("%y%m%d%H%M")
        text = (
            f"id:{told} sub:001 dlvrd:{'001' if arrived else '000'} submit date:{when} done date:{when} "
            f"stat:{stat} err:{'000' if arrived else '001'} text:"
        )
        return smpp34.DeliverSm(
            stored.number.removeprefix("+"),
            stored.sender,
            text.encode(),
            source_addr_ton=1,
            source_addr_npi=1,
            esm_class=RECEIPT,
            tlvs=[smpp34.Tlv(_STATE, bytes([_STATES.get(stat, 7)]))] if self._ids == "same" else [],
        ).encode()

    @staticmethod
    def said(number: str, text: str) -> bytes:
        """Return the unit of a text that somebody writes."""
        coding, content = (GSM, text.encode("ascii")) if text.isascii() else (UCS2, text.encode("utf-16-be"))
        return smpp34.DeliverSm(
            number.removeprefix("+"),
            "DOCS",
            content if len(content) <= _LONGEST else b"",
            source_addr_ton=1,
            source_addr_npi=1,
            data_coding=coding,
            tlvs=[] if len(content) <= _LONGEST else [smpp34.Tlv(_PAYLOAD, content)],
        ).encode()


def receipt_by_options(stored: Stored, state: int) -> bytes:
    """Return a receipt that says all in its options and nothing in its text."""
    return smpp34.DeliverSm(
        stored.number.removeprefix("+"),
        stored.sender,
        b"",
        source_addr_ton=1,
        source_addr_npi=1,
        tlvs=[
            smpp34.Tlv(_RECEIPTED_ID, stored.message_id.encode() + b"\0"),
            smpp34.Tlv(_STATE, bytes([state])),
        ],
    ).encode()


def _split(esm_class: int, content: bytes) -> tuple[bytes, tuple[int, int, int] | None]:
    if not esm_class & HAS_HEADER:
        return content, None
    header, rest = content[: content[0] + 1], content[content[0] + 1 :]
    *reference, total, number = header[3:]
    return rest, (int.from_bytes(bytes(reference)), total, number)


def _text(parts: Sequence[Stored]) -> Text:
    content = b"".join(part.content for part in parts)
    # Octets of GSM 03.38 are shown as they are; tests read them by the alphabet's own table.
    text = content.decode("utf-16-be") if parts[0].coding == UCS2 else content.decode("latin-1")
    return Text(parts[0].sender, text, tuple(part.message_id for part in parts))
