"""A receipt on paper: its QR code as a picture, and a page of A5 with the code and what to do with it."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import segno

from services.ingest.receipts.issue import Receipt

Language = Literal["uk", "ru", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says in one language.

    Attributes:
        scan: what to do with a code that opens a channel.
        scan_page: what to do with one that opens the page at `{address}`.
        find: what to do without a camera; `{bots}` are those of all channels.
        bot: how one of them is named.
        told: what comes then.
    """

    title: str
    document: str
    application: str
    receipt: str
    code: str
    scan: str
    scan_page: str
    find: str
    bot: str
    told: str


WORDS: Mapping[Language, Words] = {
    "uk": Words(
        title="Дізнавайтеся, де ваш документ",
        document="Документ",
        application="Заява",
        receipt="Квитанція",
        code="Код",
        scan="Наведіть камеру телефона на цей малюнок і відкрийте посилання.",
        scan_page="Наведіть камеру телефона на малюнок і відкрийте посилання. Воно починається з {address}",
        find="Якщо камера його не читає, знайдіть наш бот і напишіть йому код: {bots}.",
        bot="{name} у {messenger}",
        told="Ми повідомлятимемо про кожен крок і підкажемо, коли документ можна забрати.",
    ),
    "ru": Words(
        title="Узнавайте, где ваш документ",
        document="Документ",
        application="Заявление",
        receipt="Квитанция",
        code="Код",
        scan="Наведите камеру телефона на этот рисунок и откройте ссылку.",
        scan_page="Наведите камеру телефона на этот рисунок и откройте ссылку. Она начинается с {address}",
        find="Если камера его не читает, найдите наш бот и напишите ему код: {bots}.",
        bot="{name} в {messenger}",
        told="Мы сообщим о каждом шаге и подскажем, когда документ можно забрать.",
    ),
    "en": Words(
        title="Follow where your document is",
        document="Document",
        application="Application",
        receipt="Receipt",
        code="Code",
        scan="Point your phone's camera at this picture and open the link.",
        scan_page="Point your phone's camera at this picture and open the link. It begins with {address}",
        find="If the camera cannot read it, find our bot and send it the code: {bots}.",
        bot="{name} in {messenger}",
        told="We will tell you about each step, and when you can collect your document.",
    ),
}

_STYLE = """
@page { size: A5 portrait; margin: 12mm }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 124mm; padding: 6mm 0; color: #000; background: #fff;
  font: 11.5pt/1.45 "Noto Sans", "DejaVu Sans", Arial, sans-serif; text-align: center }
h1 { margin: 2mm 0 4mm; font-size: 17pt; line-height: 1.2 }
.agency { margin: 0; font-size: 10pt }
svg { display: block; margin: 0 auto; width: 62mm; height: 62mm }
.code { margin: 3mm 0 4mm; font: 700 19pt/1.2 "DejaVu Sans Mono", monospace; letter-spacing: .06em;
  white-space: nowrap }
.code small { display: block; font: 9pt/1.2 "Noto Sans", "DejaVu Sans", Arial, sans-serif; letter-spacing: 0 }
ol { margin: 0 0 5mm; padding-left: 7mm; text-align: left }
li { margin-bottom: 1.5mm }
dl { display: grid; grid-template-columns: auto 1fr; gap: 1mm 4mm; margin: 0; padding-top: 3mm;
  border-top: .3mm solid #000; text-align: left; font-size: 10pt }
dd { margin: 0; overflow-wrap: anywhere }
@media print { body { padding: 0; max-width: none } }
"""


def qr_svg(receipt: Receipt) -> bytes:
    """Return the QR code as SVG without a size of its own: it scales to its place."""
    text = io.BytesIO()
    segno.make(_content(receipt), error="m", micro=False).save(
        text, kind="svg", border=4, omitsize=True, xmldecl=False, svgclass=None, lineclass=None
    )
    return text.getvalue()


def qr_png(receipt: Receipt, scale: int) -> bytes:
    """Return the QR code as PNG, `scale` dots a module."""
    picture = io.BytesIO()
    segno.make(_content(receipt), error="m", micro=False).save(picture, kind="png", border=4, scale=scale)
    return picture.getvalue()


def page(
    receipt: Receipt,
    language: Language,
    *,
    agency: str,
    document: str,
    bots: Sequence[tuple[str, str]],
    public_url: str | None,
) -> str:
    """Return the page as HTML that needs nothing from elsewhere.

    Args:
        receipt: what is printed.
        language: of the page.
        agency: its name in that language.
        document: the document type's name in that language.
        bots: channel and name of each bot that takes the code, as people read them.
        public_url: the address of the page that the QR code opens; None where it opens a channel.
    """
    words = WORDS[language]
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in _sentences(words, bots, public_url))
    facts = {words.document: document, words.application: receipt.masked, words.receipt: receipt.receipt_id}
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{escape(words.title)}</title><style>{_STYLE}</style></head><body>"
        f'<p class="agency">{escape(agency)}</p><h1>{escape(words.title)}</h1>{qr_svg(receipt).decode()}'
        f'<p class="code"><small>{escape(words.code)}</small>{escape(receipt.code)}</p>'
        f"<ol>{sentences}</ol><dl>{rows}</dl></body></html>\n"
    )


def _sentences(words: Words, bots: Sequence[tuple[str, str]], public_url: str | None) -> Iterator[str]:
    yield words.scan if public_url is None else words.scan_page.format(address=public_url)
    if bots:
        named = (words.bot.format(name=name, messenger=messenger) for messenger, name in bots)
        yield words.find.format(bots=", ".join(named))
    yield words.told


def _content(receipt: Receipt) -> str:
    return receipt.link or receipt.code
