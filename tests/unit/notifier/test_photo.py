"""Codes in pictures, as phones take them."""

from io import BytesIO

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from services.notifier.pictures.decoder import codes_in

LINK = "https://t.me/docwatch_sample_bot?start=" + "Ab3_-" * 4 + "xy"


def picture(*, scale: int = 6, angle: float = 0, blur: float = 0, kind: str = "JPEG") -> bytes:
    """A receipt's code on a grey table, turned and blurred as a hand does it."""
    drawn = BytesIO()
    segno.make(LINK, error="m").save(drawn, kind="png", scale=scale, border=4)
    code = Image.open(drawn).convert("RGB")
    table = Image.new("RGB", (1280, 960), (120, 118, 110))
    table.paste(code, (300, 200))
    ImageDraw.Draw(table).text((310, 120), "RECEIPT", fill=(20, 20, 20))
    turned = table.rotate(angle, fillcolor=(90, 90, 90)).filter(ImageFilter.GaussianBlur(blur))
    out = BytesIO()
    turned.save(out, kind)
    return out.getvalue()


def saved(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def code(**look: object) -> Image.Image:
    """A receipt's code by itself."""
    drawn = BytesIO()
    segno.make(LINK, error="m").save(drawn, kind="png", scale=4, border=4, **look)
    return Image.open(BytesIO(drawn.getvalue()))


@pytest.mark.parametrize("look", [{"light": None}, {"light": None, "dark": "white"}, {"light": "#dd4"}])
@pytest.mark.parametrize("mode", ["P", "LA", "RGBA"])
def test_a_code_on_nothing_is_read(look: dict[str, str | None], mode: str) -> None:
    """What shines through a picture is white, or black where the code itself is white."""
    assert (LINK,) == codes_in(saved(code(**look).convert("RGBA").convert(mode)))


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "RGB", "P"])
def test_a_code_is_read_at_any_depth(mode: str) -> None:
    """Pictures of one bit, of a palette and of 16 bits a dot are read like others."""
    grey = code().convert("L")
    deep = grey.convert("I").point(lambda level: level * 150 + 9000)

    assert (LINK,) == codes_in(saved(deep.convert(mode) if mode == "I;16" else grey.convert(mode)))


def test_every_code_of_a_page_is_read() -> None:
    """A receipt's code is found beside a dozen others, wherever it stands."""
    page, others = Image.new("L", (1100, 900), 255), [f"https://example.org/{n}" for n in range(11)]
    for place, text in enumerate([*others, LINK]):
        drawn = BytesIO()
        segno.make(text).save(drawn, kind="png", scale=4, border=4)
        page.paste(Image.open(drawn).convert("L"), (place % 4 * 270, place // 4 * 290))

    assert {*others, LINK} == set(codes_in(saved(page)) or ())


def test_a_small_code_in_a_large_picture_is_read() -> None:
    """What is too small in the first look is found in a closer one."""
    table = Image.new("L", (4000, 3000), 180)
    table.paste(code().convert("L").resize((170, 170)), (1500, 1100))

    assert (LINK,) == codes_in(saved(table))


@given(
    angle=st.floats(0, 360),
    inverted=st.booleans(),
    mirrored=st.booleans(),
    ground=st.integers(150, 255),
    scale=st.floats(0.8, 3),
)
@settings(max_examples=40)
def test_a_code_is_read_however_it_lies(
    *, angle: float, inverted: bool, mirrored: bool, ground: int, scale: float
) -> None:
    """Turned, light on dark, in a mirror, on grey, small or large."""
    seen = code().convert("L").point(lambda level: level * ground // 255)
    seen = seen.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=ground)
    seen = ImageOps.mirror(seen) if mirrored else seen
    seen = ImageOps.invert(seen) if inverted else seen
    seen = seen.resize((int(seen.width * scale), int(seen.height * scale)))

    assert (LINK,) == codes_in(saved(seen))


@pytest.mark.parametrize(
    "shot",
    [{}, {"angle": 7}, {"angle": 180}, {"angle": 33, "blur": 1.2}, {"kind": "PNG"}, {"kind": "WEBP"}],
)
def test_a_code_is_read_as_it_is_photographed(shot: dict[str, float]) -> None:
    """A turned or slightly blurred code is read."""
    assert (LINK,) == codes_in(picture(**shot))  # type: ignore[arg-type]  # a table of keywords


def test_what_is_no_picture_cannot_be_read() -> None:
    """Text, a broken picture, an empty one and a bomb are no error, nor a picture without a code."""
    bomb = BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    whole = picture()

    found = [codes_in(body) for body in (b"", b"hello", whole[:3000], bomb.getvalue())]

    assert [None] * 4 == found
