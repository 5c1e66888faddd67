"""WEBP: the chunks that show the picture, in their order; one that moves is none to us."""

from services.notifier.files.parts import MOST_PARTS, BrokenError, Picture

RIFF, FORM = b"RIFF", b"WEBP"
_PICTURES = frozenset({b"VP8 ", b"VP8L"})
_SHOWS = _PICTURES | {b"VP8X", b"ALPH"}
_TOLD = 0x20 | 0x08 | 0x04 | 0x02
"""Flags of the extended head: a profile, what the camera wrote, what others did, that it moves."""
_HEAD, _CHUNK = 12, 8
_KEY_FRAME = b"\x9d\x01\x2a"
_LOSSLESS = 0x2F


def cleaned(data: bytes) -> Picture:
    """Return a picture without what is written into it; raise BrokenError."""
    kept: list[bytes] = []
    width = height = shown = 0
    end, at = min(len(data), int.from_bytes(data[4:8], "little") + _CHUNK), _HEAD
    for _ in range(MOST_PARTS):
        if at >= end:
            break
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + _CHUNK : at + _CHUNK + length]
        if len(content) != length:
            raise BrokenError("a chunk ends too early")
        if name == b"VP8X" and length:
            content = bytes([content[0] & ~_TOLD]) + content[1:]
        if name in _SHOWS:
            wide, high = _size(name, content)
            width, height, shown = max(width, wide), max(height, high), shown + (name in _PICTURES)
            kept.append(name + length.to_bytes(4, "little") + content + b"\x00" * (length % 2))
        at += _CHUNK + length + length % 2
    else:
        raise BrokenError("too many chunks")
    if shown != 1:
        raise BrokenError("not one picture")
    body = FORM + b"".join(kept)
    return Picture(width, height, RIFF + len(body).to_bytes(4, "little") + body)


def _size(name: bytes, content: bytes) -> tuple[int, int]:
    """Return width and height by one chunk; (0, 0) for one that does not say."""
    if name == b"VP8X" and len(content) >= 10:  # noqa: PLR2004 - flags, then two numbers of three bytes
        return 1 + int.from_bytes(content[4:7], "little"), 1 + int.from_bytes(content[7:10], "little")
    if name == b"VP8 " and content[3:6] == _KEY_FRAME:
        width, height = int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and content[:1] == bytes([_LOSSLESS]):
        bits = int.from_bytes(content[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return 0, 0
