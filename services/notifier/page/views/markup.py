"""Runs of text as HTML: everything is escaped, paragraphs and lines stay, addresses become links."""

import re

from markupsafe import Markup, escape

from services.notifier.domain.messages import Run, Text
from services.notifier.wording.markup import PARAGRAPH

_LINK = re.compile(r"https?://[^\s<>\"]{1,500}")
_PARAGRAPHS, _LINE = Markup("</p><p>"), Markup("<br>")


def html_of(text: Text) -> Markup:
    """Return a text within a line."""
    return Markup().join(map(_run, text))


def paragraphs_of(text: Text) -> Markup:
    """Return a text as paragraphs; nothing for an empty one."""
    return Markup("<p>{}</p>").format(html_of(text)) if text else Markup()


def _run(run: Run) -> Markup:
    found = _PARAGRAPHS.join(_LINE.join(map(_linked, part.split("\n"))) for part in run.text.split(PARAGRAPH))
    if run.italic:
        found = _around(found, "em")
    return _around(found, "strong") if run.bold else found


def _around(found: Markup, name: str) -> Markup:
    """Return something within an element that ends with each paragraph and begins again."""
    start, end = Markup(f"<{name}>"), Markup(f"</{name}>")  # noqa: S704 - the two names stand above
    return start + found.replace(_PARAGRAPHS, end + _PARAGRAPHS + start) + end


def _linked(line: str) -> Markup:
    parts, place = [], 0
    for found in _LINK.finditer(line):
        address = found[0].rstrip(".,;:!?)»”")
        parts += [
            escape(line[place : found.start()]),
            Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address),
        ]
        place = found.start() + len(address)
    return Markup().join([*parts, escape(line[place:])])
