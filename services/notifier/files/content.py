"""What a file is by its content, and what of it is handed on: nothing is decoded, only taken apart.

A picture is made anew of the parts that show it. Where it was taken, by which device, what is written into it
and whatever stands before or behind it goes. So a file that is two things at once stays a picture at most.
"""

from dataclasses import dataclass
from typing import Literal

from contracts.catalogue.desk_terms import FileType
from services.notifier.files import jpeg, png, webp
from services.notifier.files.parts import BrokenError

MOST_DOTS = 25_000_000
"""Of a picture: a few hundred bytes may unpack into what no browser of the staff can hold."""
MEDIA_TYPES: dict[FileType, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
}
_PDF = b"%PDF-"
_PICTURES = {"jpeg": jpeg, "png": png, "webp": webp}


@dataclass(frozen=True)
class Content:
    """A file that may be handed on."""

    type: FileType
    data: bytes


Unfit = Literal["type", "unreadable", "dots"]
"""Why a file cannot be handed on: it is of no type that we know, it is broken, it has too many dots."""


def type_of(data: bytes) -> FileType | None:
    """Return what a file is by its first bytes; None for what we do not know."""
    if data.startswith(_PDF):
        return "pdf"
    if data.startswith(jpeg.MAGIC):
        return "jpeg"
    if data.startswith(png.MAGIC):
        return "png"
    if data[:4] == webp.RIFF and data[8:12] == webp.FORM:
        return "webp"
    return None


def is_picture(data: bytes) -> bool:
    """Tell whether a file says that it is a picture."""
    return type_of(data) in _PICTURES


def cleaned(data: bytes) -> Content | Unfit:
    """Return what is handed on of a file, or why nothing is; the time grows with its length alone."""
    kind = type_of(data)
    if kind is None:
        return "type"
    if kind == "pdf":
        return Content(kind, data)
    try:
        picture = _PICTURES[kind].cleaned(data)
    except BrokenError:
        return "unreadable"
    return Content(kind, picture.data) if 0 < picture.width * picture.height <= MOST_DOTS else "dots"
