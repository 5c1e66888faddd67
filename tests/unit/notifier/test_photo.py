"""Codes in pictures, as phones take them."""

from io import BytesIO

import pytest
import segno
from PIL import Image, ImageDraw, ImageFilter

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
