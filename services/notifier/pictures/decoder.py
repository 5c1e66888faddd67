"""The codes in a picture that a citizen sent; for a thread of its own, for it takes its time."""

from io import BytesIO

import zxingcpp
from PIL import Image, UnidentifiedImageError

MOST_BYTES = 5 * 1024 * 1024
_MOST_PIXELS = 25_000_000
_MOST_CODES = 5
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_UNREADABLE = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)


def codes_in(picture: bytes) -> tuple[str, ...]:
    """Return what the QR codes in a picture say; nothing for what is no picture or too large."""
    try:
        with Image.open(BytesIO(picture), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > _MOST_PIXELS:
                return ()
            grey = image.convert("L")
    except _UNREADABLE:
        return ()
    found = zxingcpp.read_barcodes(grey, formats=_QR)
    return tuple(code.text for code in found[:_MOST_CODES] if code.text)
