"""The codes in pictures that strangers sent: a process of its own, started by `reader.py`.

It imports nothing of ours, holds no secret, opens no file and no socket once it is ready, and dies by itself
where a picture takes more processor time than it may. A picture comes on standard input as four bytes of
length and its bytes; the answer goes out in the same form, as JSON: the texts of its codes, or null where it
is none that can be read.
"""

import contextlib
import json
import math
import os
import resource
import struct
import sys
from io import BytesIO
from pathlib import Path

import zxingcpp

# Whatever a picture may have loaded while it is read: afterwards no file can be opened any more.
from PIL import Image, MpoImagePlugin, TiffImagePlugin

CPU_SECONDS = 2
_LENGTH = struct.Struct(">I")
_READY = (MpoImagePlugin, TiffImagePlugin)
_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS = 25_000_000
_LOOKS = (1600, 3200)
"""The longer side of a picture at each look: the search takes time by the square of what looks like one."""
_MOST_CODES = 50
_LONGEST_CODE = 2000
_ROOM_BYTES = 256 * 1024 * 1024
"""What a picture may take beside what the process takes when it is ready."""
_DEEP = 256
"""Levels of 16 bit for each of 8."""
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def codes_in(picture: bytes) -> tuple[str, ...] | None:
    """Return what the QR codes in a picture say; None for what is no picture, too large or broken."""
    try:
        with Image.open(BytesIO(picture), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            # A JPEG can be unpacked at a half of its size or less; other formats pass this over.
            image.draft("L", (_LOOKS[-1], _LOOKS[-1]))
            for grey in _greys(image):
                if texts := _read(grey):
                    return texts
    except Exception:  # noqa: BLE001 - decoders raise what they like over foreign bytes
        return None
    return ()


def _greys(image: Image.Image) -> list[Image.Image]:
    """Return a picture in grey; what shines through is white at first, and black for codes that are white."""
    if image.mode.startswith("I"):
        return [image.convert("I").point(lambda level: level * (1 / _DEEP)).convert("L")]
    if not image.has_transparency_data:
        return [image.convert("L")]
    # Small first: four bytes a dot, several times over, are much for a picture of many dots.
    seen = image.convert("RGBA")
    seen.thumbnail((_LOOKS[-1], _LOOKS[-1]), Image.Resampling.BOX)
    return [
        Image.alpha_composite(Image.new("RGBA", seen.size, ground), seen).convert("L")
        for ground in ("white", "black")
    ]


def _read(grey: Image.Image) -> tuple[str, ...]:
    for side in _LOOKS:
        seen = grey.copy()
        seen.thumbnail((side, side), Image.Resampling.BOX)
        codes = zxingcpp.read_barcodes(seen, formats=_QR)
        if texts := tuple(code.text[:_LONGEST_CODE] for code in codes[:_MOST_CODES] if code.text):
            return texts
        if seen.size == grey.size:
            break
    return ()


def _warm() -> None:
    """Read a small picture of each format, so that everything is loaded that reading takes."""
    for kind in _FORMATS:
        drawn = BytesIO()
        Image.new("RGB", (64, 64), "white").save(drawn, kind)
        codes_in(drawn.getvalue())


def _confine() -> None:
    """Give up what reading pictures does not need; some systems do not know every limit."""
    os.nice(10)
    held = 0
    with contextlib.suppress(OSError):
        held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
        *(((resource.RLIMIT_AS, held + _ROOM_BYTES),) if held else ()),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (most, most))


def _allow() -> None:
    """Let the next picture take so much processor time, after which the system ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime) + CPU_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(
        resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


def main() -> None:
    """Read pictures until standard input ends."""
    _warm()
    _confine()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        picture = source.read(*_LENGTH.unpack(head))
        _allow()
        answer = json.dumps(codes_in(picture)).encode()
        sink.write(_LENGTH.pack(len(answer)) + answer)
        sink.flush()


if __name__ == "__main__":
    main()
