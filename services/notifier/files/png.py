"""PNG: the chunks that show the picture, in their order, up to its end."""

import zlib

from services.notifier.files.parts import MOST_PARTS, BrokenError, Picture

MAGIC = b"\x89PNG\r\n\x1a\n"
_SHOWS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"})
"""No texts, times, places, profiles (which are packed, and may hold anything), nor further pictures."""
_HEADER, _END = b"IHDR", b"IEND"
_BESIDE = 12
"""Bytes of a chunk beside its content: length, name, check."""


def cleaned(data: bytes) -> Picture:
    """Return a picture without what is written into it; raise BrokenError."""
    kept, at = [MAGIC], len(MAGIC)
    width = height = 0
    for number in range(MOST_PARTS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        chunk = data[at : at + _BESIDE + length]
        if len(chunk) != _BESIDE + length or (number == 0) != (name == _HEADER):
            raise BrokenError("a chunk ends too early, or is out of place")
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise BrokenError("a chunk is not as its check says")
        if name == _HEADER:
            width, height = int.from_bytes(chunk[8:12], "big"), int.from_bytes(chunk[12:16], "big")
        if name in _SHOWS and (name != _END or not length):
            kept.append(chunk)
        if name == _END and not length:
            return Picture(width, height, b"".join(kept))
        at += len(chunk)
    raise BrokenError("too many chunks")
