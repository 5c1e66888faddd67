"""A message as HTML that reads well without pictures, scripts or anything from elsewhere.

What it looks like stands at each element, for many readers drop all else; the rules for dark screens stand in
the head, for those that keep them. Nothing in it tells anybody that it was read.
"""

import re
from html import escape

from services.notifier.domain.messages import Button, Message, Run

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_DARK = (
    "@media (prefers-color-scheme:dark){.page{background:#15191c!important}"
    ".card{background:#1f2529!important;border-color:#39424a!important}.text,.own{color:#eef1f3!important}"
    ".foot,.foot a{color:#a9b4bd!important}.deed{background:#4ab5a5!important;color:#0c1f1c!important}"
    ".link{color:#7fd3c6!important}}"
)
_PARAGRAPH = re.compile(r"\n{2,}")
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


def html_of(message: Message, *, language: str | None, title: str, sender: str, foot: str | None) -> str:
    """Return a message as a page of HTML.

    Args:
        message: with its links as buttons.
        language: what it is written in, None where that is not told.
        title: of the page; some readers show it.
        sender: whose letter it is, for its head.
        foot: the words of the link by which one stops it, None where there is no such link.
    """
    said = "" if language is None else f' lang="{escape(language)}"'
    deeds = "".join(_deed(button) for row in message.buttons for button in row if button.url is not None)
    last = _foot(foot, message.unsubscribe)
    style = "margin:0 0 16px;font-size:14px;font-weight:600;color:#33404a"
    own = f'<h1 class="own" style="{style}">{escape(sender)}</h1>'
    return (
        f"<!doctype html>\n<html{said}>\n<head>\n"
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{_DARK}</style>\n</head>\n"
        f'<body class="page" style="margin:0;padding:16px 8px;background:#f2f4f5;{_FONT}">\n'
        '<div class="card" role="main" style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;'
        'border:1px solid #d9dee2;border-radius:12px">\n'
        f"{own}\n{_paragraphs(message.text)}{deeds}{last}</div>\n</body>\n</html>\n"
    )


def _paragraphs(text: tuple[Run, ...]) -> str:
    """Return runs as paragraphs, their lines and emphasis kept."""
    marked = "".join(_run(run) for run in text).strip("\n")
    style = "margin:0 0 14px;font-size:16px;line-height:1.5;color:#17212b;overflow-wrap:anywhere"
    return "".join(
        f'<p class="text" style="{style}">{paragraph.strip().replace(chr(10), "<br>" + chr(10))}</p>\n'
        for paragraph in _PARAGRAPH.split(marked)
        if paragraph.strip()
    )


def _run(run: Run) -> str:
    """Return one run; what is emphasized over more than one paragraph is so in each of them."""
    opened, closed = "<b>" * run.bold + "<i>" * run.italic, "</i>" * run.italic + "</b>" * run.bold
    if not opened:
        return _linked(run.text)
    return "\n\n".join(
        f"{opened}{_linked(piece)}{closed}" if piece.strip() else piece for piece in run.text.split("\n\n")
    )


def _linked(text: str) -> str:
    """Return a text with its addresses of the web as links, everything else as it is read."""
    found, place = [], 0
    for match in _LINK.finditer(text):
        found += [
            escape(text[place : match.start()]),
            _anchor(match[0], escape(match[0]), "link", "color:#0b6e63"),
        ]
        place = match.end()
    return "".join((*found, escape(text[place:])))


def _deed(button: Button) -> str:
    style = (
        "display:inline-block;padding:12px 18px;background:#0b6e63;color:#ffffff;border-radius:8px;"
        "font-size:16px;font-weight:600;text-decoration:none"
    )
    link = _anchor(button.url or "", escape(button.text), "deed", style)
    return f'<p style="margin:0 0 12px">{link}</p>\n'


def _foot(words: str | None, url: str | None) -> str:
    if words is None or url is None:
        return ""
    style = "margin:20px 0 0;padding-top:14px;border-top:1px solid #d9dee2;font-size:13px;color:#5b6872"
    return f'<p class="foot" style="{style}">{_anchor(url, escape(words), "foot", "color:#5b6872")}</p>\n'


def _anchor(url: str, words: str, name: str, style: str) -> str:
    if not url.startswith(("https://", "http://")):
        return words
    return f'<a class="{name}" href="{escape(url)}" style="{style}">{words}</a>'
