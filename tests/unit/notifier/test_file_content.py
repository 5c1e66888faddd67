"""What a file is by its content, and what of it is handed on."""

import struct
import time
import zlib
from io import BytesIO
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.notifier.files import png
from services.notifier.files.content import Content, cleaned, type_of
from tests.pictures import PDF, PLACE, TURNED, photo

Kind = Literal["JPEG", "PNG", "WEBP"]
KINDS: tuple[Kind, ...] = ("JPEG", "PNG", "WEBP")
BEHIND = b"PK\x03\x04 and <script>alert(1)</script>"
LONG = 10 * 1024**2
MOST_SECONDS = 3.0


def dots(picture: bytes) -> bytes:
    """What a picture shows."""
    with Image.open(BytesIO(picture)) as opened:
        return opened.convert("RGB").tobytes()


def kept(data: bytes) -> Content:
    """What is handed on of a file that may be."""
    found = cleaned(data)
    assert isinstance(found, Content), found
    return found


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"lossless": True}])
def test_a_picture_looks_the_same_and_tells_nothing(kind: Kind, options: dict[str, Any]) -> None:
    """The dots stay as they are; the camera's words and whatever stands behind the picture go."""
    sent = photo(kind, (320, 200), **options) + BEHIND

    found = kept(sent)

    assert kind.lower() == found.type
    assert dots(sent) == dots(found.data)
    assert PLACE in sent
    assert PLACE not in found.data
    assert b"script" not in found.data


def test_a_photo_is_turned_as_it_was_held() -> None:
    """Of all that a camera writes only the way in which the picture stands is kept."""
    with Image.open(BytesIO(kept(photo()).data)) as found:
        assert {0x0112: TURNED} == dict(found.getexif())


def test_what_was_cleaned_is_clean() -> None:
    """Cleaning a second time changes nothing."""
    for kind in KINDS:
        once = kept(photo(kind)).data
        assert once == kept(once).data


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(20), b"\x00\x00\x00\x18ftypheic", b"<html>", b"PK\x03\x04", b"MZ", b" %PDF-1.7"],
)
def test_what_is_no_photo_and_no_document_is_of_no_type(data: bytes) -> None:
    """A file is what its first bytes say, whatever it is called; all else is of no type."""
    assert "type" == cleaned(data)


def test_a_document_is_handed_on_as_it_is() -> None:
    """A PDF is not taken apart."""
    assert Content("pdf", PDF) == cleaned(PDF)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_ends_early_is_unreadable(kind: Kind) -> None:
    """Half a picture is none."""
    sent = photo(kind, (320, 200))

    assert "unreadable" == cleaned(sent[: len(sent) // 2])


def test_a_small_file_of_many_dots_is_refused() -> None:
    """What would fill the memory of who looks at it is told by its head, without unpacking it."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = png.MAGIC + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    turned = kept(photo()).data
    frame = turned.index(b"\xff\xc0")
    wide = turned[: frame + 5] + b"\xff\xff\xff\xff" + turned[frame + 9 :]

    assert "dots" == cleaned(bomb)
    assert "dots" == cleaned(wide)


def test_a_changed_chunk_is_not_passed_on() -> None:
    """A PNG whose check does not fit is unreadable."""
    sent = bytearray(photo("PNG"))
    sent[40] ^= 0xFF

    assert "unreadable" == cleaned(bytes(sent))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + b"\xff" * LONG,
        b"\xff\xd8\xff\xe0" + b"\x00\x02\xff\xe0" * (LONG // 4),
        b"\xff\xd8\xff\xda\x00\x02" + b"\xff\x00" * (LONG // 2),
        b"\xff\xd8\xff\xda\x00\x02" + b"\xff" * LONG,
        png.MAGIC + chunk(b"IHDR", bytes(13)) + chunk(b"tEXt", b"") * (LONG // 12),
        b"RIFF" + LONG.to_bytes(4, "little") + b"WEBP" + b"VP8X\x00\x00\x00\x00" * (LONG // 8),
    ],
    ids=["fill", "segments", "zeros", "scan", "chunks", "riff"],
)
def test_a_file_made_to_cost_costs_no_more_than_its_length(data: bytes) -> None:
    """Ten megabytes of the most awkward parts are looked through once, and refused."""
    began = time.process_time()

    assert "unreadable" == cleaned(data)
    assert time.process_time() - began < MOST_SECONDS


@given(st.sampled_from(KINDS), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=20))
def test_no_bytes_break_it(kind: Kind, changes: list[tuple[int, int]]) -> None:
    """Whatever is changed in a picture, it is refused or handed on as what it says it is."""
    sent = bytearray(photo(kind, (16, 16)))
    for at, value in changes:
        sent[at % len(sent)] = value

    found = cleaned(bytes(sent))

    if isinstance(found, Content):
        assert found.type == type_of(found.data)
        assert len(found.data) <= len(sent) + 64
    else:
        assert found in {"type", "unreadable", "dots"}


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(data: bytes) -> None:
    """Nothing is raised over foreign bytes, whichever head they have."""
    for head in (b"\xff\xd8\xff", png.MAGIC, b"RIFF\xff\x00\x00\x00WEBP", b""):
        assert cleaned(head + data) is not None
