"""JPEG: the segments that show the picture, in their order, up to its end."""

import re
import struct

from services.notifier.files.parts import MOST_PARTS, BrokenError, Picture

MAGIC = b"\xff\xd8\xff"
_START, _END, _SCAN = b"\xff\xd8", 0xD9, 0xDA
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In what is compressed a zero follows 0xFF, and marks of restarts stand by themselves."""
_FILLED = re.compile(rb"\xff{1,64}[^\x00\xff]")
"""Bytes of 0xFF may fill the space before a mark."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SHOWS = _FRAMES | {0xC4, 0xCC, _SCAN, 0xDB, 0xDD}
"""Frames, tables, scans, intervals."""
_JFIF, _EXIF, _PROFILE, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_ORIENTATION = 0x0112
_SHORT = 3
_UPRIGHT, _TURNS = 1, range(1, 9)
_MOST_TAGS = 512
_AT_ONCE = 128 * 1024


def cleaned(data: bytes) -> Picture:
    """Return a picture without comments, places and previews; raise BrokenError."""
    kept: list[bytes] = []
    width = height = 0
    turned, at = _UPRIGHT, len(_START)
    for _ in range(MOST_PARTS):
        at = _next(data, at)
        mark, length = data[at + 1], 0
        if mark == _END:
            if not width:
                raise BrokenError("no frame")
            return Picture(width, height, b"".join((_START, *_turn(turned), *kept, b"\xff\xd9")))
        length = _short(data, at + 2)
        segment = data[at : at + 2 + length]
        if length < 2 or len(segment) != 2 + length:  # noqa: PLR2004 - the length counts its own two bytes
            raise BrokenError("a segment ends too early")
        if mark in _FRAMES:
            width, height = max(width, _short(segment, 7)), max(height, _short(segment, 5))
        if mark == _EXIF:
            turned = _orientation(segment[4:]) or turned
        at += 2 + length
        if mark == _SCAN:
            end = _end_of_scan(data, at)
            segment += data[at:end]
            at = end
        if _is_kept(mark, segment):
            kept.append(segment)
    raise BrokenError("too many segments")


def _next(data: bytes, at: int) -> int:
    """Return where the next mark stands."""
    found = _FILLED.match(data, at)
    if found is None:
        raise BrokenError("no mark where one must be")
    return found.end() - 2


def _end_of_scan(data: bytes, at: int) -> int:
    """Return where the first mark behind a scan stands."""
    while at < len(data):
        # A piece at a time, so that no look holds up for long what else this process does.
        found = _MARKER.search(data, at, at + _AT_ONCE)
        if found is not None:
            return found.start()
        at += _AT_ONCE - 1
    raise BrokenError("a scan without an end")


def _is_kept(mark: int, segment: bytes) -> bool:
    if mark in _SHOWS:
        return True
    # What says how colours are meant; a preview in the first of them has its own sub-type, and goes.
    return (
        (mark == _JFIF and segment[4:9] == b"JFIF\x00")
        or (mark == _PROFILE and segment[4:16] == b"ICC_PROFILE\x00")
        or (mark == _ADOBE and segment[4:9] == b"Adobe")
    )


def _turn(orientation: int) -> tuple[bytes, ...]:
    """Return the segment that says how the picture is to be turned, and nothing else."""
    if orientation == _UPRIGHT:
        return ()
    tag = struct.pack(">HHIHH", _ORIENTATION, _SHORT, 1, orientation, 0)
    tiff = b"MM\x00\x2a" + struct.pack(">IH", 8, 1) + tag + struct.pack(">I", 0)
    return (b"\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\x00\x00" + tiff,)


def _orientation(exif: bytes) -> int | None:
    """Return how a picture is to be turned by what its camera wrote; None where that is not said."""
    if not exif.startswith(b"Exif\x00\x00"):
        return None
    tiff = exif[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for index in range(min(count, _MOST_TAGS)):
            tag, kind, number, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * index)
            if (tag, kind, number) == (_ORIENTATION, _SHORT, 1):
                return value if value in _TURNS else None
    except struct.error:
        return None
    return None


def _short(data: bytes, at: int) -> int:
    if at + 2 > len(data):
        raise BrokenError("the picture ends too early")
    return int.from_bytes(data[at : at + 2], "big")
