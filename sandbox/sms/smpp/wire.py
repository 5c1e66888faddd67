"""The units of SMPP as a message centre makes and reads them; texts are coded by smpp34."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM = 0x09, 0x04, 0x05
UNBIND, ENQUIRE_LINK = 0x06, 0x15
DELIVER_SM_RESP, UNBIND_RESP = 0x80000005, 0x80000006
RESPONSE = GENERIC_NACK = 0x80000000
OK, UNKNOWN_COMMAND, NOT_BOUND, BOUND_ALREADY = 0x00, 0x03, 0x04, 0x05
SYSTEM_ERROR, BAD_PASSWORD, BAD_SYSTEM_ID, THROTTLED, NEVER = 0x08, 0x0E, 0x0F, 0x58, 0x65
LONGEST = 0x11000
_HEAD = struct.Struct(">IIII")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit, and its bytes as they came."""

    command: int
    status: int
    sequence: int
    whole: bytes

    @property
    def body(self) -> bytes:
        """Return what follows the head."""
        return self.whole[_HEAD.size :]


def unit(command: int, sequence: int, body: bytes = b"", status: int = OK) -> bytes:
    """Return a unit as it is sent."""
    return _HEAD.pack(_HEAD.size + len(body), command, status, sequence) + body


def taken(buffer: bytearray) -> Iterator[Unit]:
    """Take the whole units out of a buffer; ValueError where none can begin."""
    while len(buffer) >= _HEAD.size:
        length, command, status, sequence = _HEAD.unpack_from(buffer)
        if not _HEAD.size <= length <= LONGEST:
            raise ValueError(f"a unit of {length} bytes")
        if len(buffer) < length:
            return
        yield Unit(command, status, sequence, bytes(buffer[:length]))
        del buffer[:length]


def renumbered(whole: bytes, sequence: int) -> bytes:
    """Return a unit under another number."""
    length, command, status, _ = _HEAD.unpack_from(whole)
    return _HEAD.pack(length, command, status, sequence) + whole[_HEAD.size :]
