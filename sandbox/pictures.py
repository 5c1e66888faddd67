"""A photo as the messenger keeps it: JPEG in a few sizes, none with a side above 1280 dots."""

import io
from dataclasses import dataclass, field

from PIL import Image, ImageOps, UnidentifiedImageError

from sandbox.deeds import BadDeedError

LARGEST = 10 * 1024 * 1024
_MOST_DOTS = 10_000
_SIDES = (90, 320, 800, 1280)
_QUALITY = 87


@dataclass(frozen=True, slots=True)
class Picture:
    """One size of a photo."""

    width: int
    height: int
    data: bytes = field(repr=False)


def sizes(data: bytes) -> list[Picture]:
    """Return the sizes of a photo, smallest first, at least one; raise BadDeedError where it is none."""
    if len(data) > LARGEST:
        raise BadDeedError("a photo has at most 10 MB")
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if sum(opened.size) > _MOST_DOTS:
                raise BadDeedError(f"width and height of a photo together are at most {_MOST_DOTS} dots")
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise BadDeedError("this is not a picture") from None
    # What is transparent shows as white, as in the messenger.
    whole = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
    largest = min(max(whole.size), _SIDES[-1])
    return [_sized(whole, side) for side in (*(side for side in _SIDES if side < largest), largest)]


def _sized(whole: Image.Image, side: int) -> Picture:
    copy = whole.copy()
    copy.thumbnail((side, side))
    written = io.BytesIO()
    copy.save(written, "JPEG", quality=_QUALITY)
    return Picture(*copy.size, written.getvalue())
