"""The units of SMPP 3.4 that we use: made, and read from bytes that may be anything.

Texts, both ways, are coded by smpp34; the rest is hardly more than a head. The length of a unit is bounded
before anything is looked at.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from smpp34 import DeliverSm, SmppError, SubmitSm, Tlv, decode

GENERIC_NACK = 0x80000000
SUBMIT_SM = 0x00000004
SUBMIT_SM_RESP = 0x80000004
DELIVER_SM = 0x00000005
DELIVER_SM_RESP = 0x80000005
UNBIND = 0x00000006
UNBIND_RESP = 0x80000006
BIND_TRANSCEIVER = 0x00000009
ENQUIRE_LINK = 0x00000015
ENQUIRE_LINK_RESP = 0x80000015
ALERT_NOTIFICATION = 0x00000102
RESPONSE = 0x80000000
"""The bit that tells an answer from a request."""

RECEIPTED_MESSAGE_ID = 0x001E
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
MESSAGE_PAYLOAD = 0x0424
MESSAGE_STATE = 0x0427

HAS_HEADER = 0x40
"""The bit of `esm_class` that says that the content begins with a header of its own."""
VERSION = 0x34
LONGEST = 0x11000
"""Bytes of a unit: the longest content that there is, 64 KiB, and what stands around it."""
LONGEST_CONTENT = 254
_LONGEST_ID = 65
_INTERNATIONAL, _E164 = 1, 1
_HEAD = struct.Struct(">IIII")


class MalformedError(ValueError):
    """These bytes are no unit of SMPP."""


class Pdu(NamedTuple):
    """One unit: what it is, its status (0 in requests), its sequence number, and what follows."""

    command: int
    status: int
    sequence: int
    body: bytes


class Frames:
    """Cuts what comes over a connection into units."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take in what came."""
        self._buffer += data

    def take(self, most: int) -> Sequence[Pdu]:
        """Return at most so many whole units, none where there are none; MalformedError where none begins."""
        found: list[Pdu] = []
        buffer, start = self._buffer, 0
        while len(found) < most and len(buffer) - start >= _HEAD.size:
            length, command, status, sequence = _HEAD.unpack_from(buffer, start)
            if not _HEAD.size <= length <= LONGEST:
                raise MalformedError(f"a unit of {length} bytes")
            end = start + length
            if end > len(buffer):
                break
            found.append(Pdu(command, status, sequence, bytes(buffer[start + _HEAD.size : end])))
            start = end
        del buffer[:start]
        return found


def pdu(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    """Return a unit as it is sent."""
    return _HEAD.pack(_HEAD.size + len(body), command, status, sequence) + body


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """Return the body of a request to be bound; all texts are of ASCII without NUL."""
    texts = b"".join(text.encode("ascii") + b"\0" for text in (system_id, password, system_type))
    return texts + bytes((VERSION, 0, 0)) + b"\0"


@dataclass(frozen=True)
class Sender:
    """Who a message is from, with its type of number and numbering plan."""

    ton: int
    npi: int
    address: str


def submit(
    sequence: int, sender: Sender, number: str, content: bytes, *, coding: int, esm_class: int, validity: str
) -> bytes:
    """Return the request to send a text to a number, given by its digits, with a receipt.

    Content of more than 254 bytes goes into an option of its own.
    """
    short = len(content) <= LONGEST_CONTENT
    return SubmitSm(
        sender.address,
        number,
        content if short else b"",
        source_addr_ton=sender.ton,
        source_addr_npi=sender.npi,
        dest_addr_ton=_INTERNATIONAL,
        dest_addr_npi=_E164,
        esm_class=esm_class,
        validity_period=validity,
        registered_delivery=1,
        data_coding=coding,
        tlvs=[] if short else [Tlv(MESSAGE_PAYLOAD, content)],
        sequence_number=sequence,
    ).encode()


def message_id(body: bytes) -> str:
    """Return the id that an answer gives to a message; empty where there is none that could be one."""
    identity = body.partition(b"\0")[0]
    return identity.decode("latin-1") if len(identity) <= _LONGEST_ID else ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came for us: a text, or the receipt of one. `options` by their tags, the first of each."""

    source: str
    destination: str
    esm_class: int
    coding: int
    content: bytes = field(repr=False)
    options: Mapping[int, bytes] = field(repr=False)


def delivered(unit: Pdu) -> Delivered:
    """Return what `deliver_sm` brings; MalformedError where it cannot be read."""
    try:
        read = decode(pdu(unit.command, unit.sequence, unit.body))
    except SmppError as error:
        raise MalformedError(str(error)) from None
    if not isinstance(read, DeliverSm):
        raise MalformedError("not a delivery")
    options: dict[int, bytes] = {}
    for option in read.tlvs:
        options.setdefault(option.tag, option.value)
    content = read.short_message or options.get(MESSAGE_PAYLOAD, b"")
    return Delivered(
        read.source_addr, read.destination_addr, read.esm_class, read.data_coding, content, options
    )
