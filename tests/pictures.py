"""Pictures and documents as phones make them, with what must not be passed on in them."""

from io import BytesIO
from typing import Literal

from PIL import Image

PLACE = b"SECRET-PLACE"
TURNED = 6
_ORIENTATION, _MAKER = 0x0112, 0x010F
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"


def photo(
    kind: Literal["JPEG", "PNG", "WEBP", "GIF"] = "JPEG",
    size: tuple[int, int] = (64, 48),
    *,
    shade: int = 0,
    **options: object,
) -> bytes:
    """Return a picture of one's own shade whose camera says what it is, and how it was held."""
    picture = (
        Image.linear_gradient("L").resize(size).point(lambda level: (level + shade) % 256).convert("RGB")
    )
    exif = Image.Exif()
    exif[_ORIENTATION], exif[_MAKER] = TURNED, PLACE.decode()
    made = BytesIO()
    picture.save(made, kind, exif=exif, comment=PLACE, **options)
    return made.getvalue()
