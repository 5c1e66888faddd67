"""What staff read: the sentences of all rooms in their languages, by gettext; the ids are the English ones.

A room's sentences are in `locales/LANGUAGE/ROOM.po`; where a language lacks one, English stands.
"""

import gettext
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from io import BytesIO

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

ENGLISH = "en"


def to_say(sentence: str) -> str:
    """Return a sentence as it is: it is said somewhere else, and whoever collects sentences finds it here."""
    return sentence


@dataclass(frozen=True)
class Speech:
    """One language."""

    language: str
    translations: gettext.NullTranslations = field(repr=False)

    def say(self, sentence: str, **values: object) -> Markup:
        """Return a sentence as HTML, with its `{values}` put in as text."""
        found = escape(self.translations.gettext(sentence))
        return found.format(**values) if values else found

    def count(self, one: str, many: str, n: int, **values: object) -> Markup:
        """Return the form of a sentence that a number asks for; `{n}` is the number."""
        return escape(self.translations.ngettext(one, many, n)).format(n=n, **values)

    def plain(self, sentence: str, **values: object) -> str:
        """Return a sentence as text."""
        found = self.translations.gettext(sentence)
        return found.format(**values) if values else found

    @property
    def name(self) -> str:
        """Return what the language calls itself."""
        return (Locale.parse(self.language).get_display_name(self.language) or self.language).capitalize()


def load_speeches(languages: Sequence[str], rooms: Mapping[str, str]) -> Mapping[str, Speech]:
    """Read the sentences of rooms, packages by name, in the agency's languages and English."""
    wanted = dict.fromkeys((*languages, ENGLISH))
    return {language: Speech(language, _translations(language, rooms)) for language in wanted}


def _translations(language: str, rooms: Mapping[str, str]) -> gettext.NullTranslations:
    whole = Catalog(locale=language)
    for found in _catalogues(language, rooms):
        for message in found:
            if message.id:
                whole.add(message.id, message.string)
    if not len(whole):
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _catalogues(language: str, rooms: Mapping[str, str]) -> Iterable[Catalog]:
    for room, package in rooms.items():
        path = files(package).joinpath("locales", language, f"{room}.po")
        if path.is_file():
            with path.open("rb") as source:
                yield read_po(source, locale=language, abort_invalid=True)
