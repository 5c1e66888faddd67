"""Pictures made to hurt whoever reads them."""

import random
import struct
import zlib
from io import BytesIO

import segno
from PIL import Image, ImageFilter

LINK = "https://t.me/docwatch_sample_bot?start=" + "Ab3_-" * 4 + "xy"
FINDER = ("1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111")
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr", "HSV")


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """A picture as a file."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def tiled(side: int, module: int) -> bytes:
    """A small file in which everything looks like the corner of a QR code."""
    corner = Image.new("1", (8 * module, 8 * module), 1)
    for y, row in enumerate(FINDER):
        for x, dark in enumerate(row):
            if dark == "1":
                corner.paste(0, (x * module, y * module, (x + 1) * module, (y + 1) * module))
    page = Image.new("1", (side, side), 1)
    for y in range(0, side, 8 * module):
        for x in range(0, side, 8 * module):
            page.paste(corner, (x, y))
    return encoded(page)


def heavy() -> bytes:
    """A WEBP of a few kilobytes that unpacks into hundreds of megabytes."""
    return encoded(Image.new("RGBA", (5000, 5000), (1, 2, 3, 4)), "WEBP", lossless=True)


def claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size, with next to nothing behind it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def code(**look: object) -> Image.Image:
    """A receipt's code."""
    drawn = BytesIO()
    segno.make(LINK, error="m").save(drawn, kind="png", scale=6, border=4, **look)
    return Image.open(BytesIO(drawn.getvalue()))


def arbitrary(seed: int) -> bytes:
    """Some picture, or what claims to be one; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    match chance.randrange(8):
        case 0:
            return chance.randbytes(chance.randrange(2000))
        case 1:
            return claiming(chance.choice((0, 1, 7, 60_000, 2**31 - 1)), chance.choice((0, 1, 9, 2**31 - 1)))
        case 2:
            return tiled(chance.choice((300, 600, 900)), chance.randint(1, 6))
        case 3:
            first = _drawn(chance)
            frames = [first, first.transpose(Image.Transpose.FLIP_LEFT_RIGHT), first]
            kind = chance.choice(("PNG", "WEBP", "GIF"))
            return encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        case _:
            whole = _saved(_drawn(chance), chance)
            return whole if chance.random() < 0.4 else _spoilt(whole, chance)


def _drawn(chance: random.Random) -> Image.Image:
    size = chance.choice(((1, 1), (1, 900), (900, 1), (64, 48), (640, 480), (1280, 960)))
    if chance.random() < 0.4:
        return code().convert("RGB").rotate(chance.uniform(0, 360), fillcolor="white", expand=True)
    noise = Image.effect_noise(size, chance.uniform(1, 200))
    return noise.filter(ImageFilter.GaussianBlur(chance.uniform(0, 3)))


def _saved(image: Image.Image, chance: random.Random) -> bytes:
    mode, kind = chance.choice(MODES), chance.choice(KINDS)
    try:
        changed = image.convert("L").convert(mode) if mode in {"I;16", "I", "F"} else image.convert(mode)
        if mode == "P" and chance.random() < 0.5:
            return encoded(changed, "PNG", transparency=chance.randrange(256))
        return encoded(changed, kind)
    except (OSError, ValueError):  # a mode that the format does not have
        return encoded(image.convert("RGB"), "PNG")


def _spoilt(whole: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        return whole[: chance.randrange(len(whole))]
    spoilt = bytearray(whole)
    for _ in range(chance.randint(1, 40)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)
