"""What the bot can say: the agency's catalogue and the bot's own strings, in every language of the agency.

The strings are gettext catalogues (`locales/LANGUAGE/LC_MESSAGES/notifier.po`) read at start; their ids are
the English sentences. Every value put into a sentence is cleaned here and nowhere else.
Exception tree: MissingLanguageError (a ValueError).
"""

import gettext
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from contracts.catalogue import Catalogue, Texts
from services.notifier.domain.messages import Text, shown
from services.notifier.domain.preferences import Personal, Reader
from services.notifier.domain.time_zones import zone_of
from services.notifier.wording.markup import fill, literal, text_of

LOCALES = Path(__file__).parent / "locales"
# English as most of the world writes it: day before month and 24 hours.
_REGIONS = {"en": "en_GB"}
_MOST_KEPT = 4096
T = TypeVar("T")


class MissingLanguageError(ValueError):
    """The agency has a language that the bot does not speak."""


@dataclass(frozen=True)
class Speech:
    """One language: sentences with cleaned values, dates, and the catalogue's texts.

    `zone` and `personal` are those of who reads, where that is known. `staffed`: people answer, too.
    """

    language: str
    catalogue: Catalogue = field(repr=False)
    translations: gettext.NullTranslations = field(repr=False)
    locale: Locale
    zone: ZoneInfo
    personal: Personal = field(default_factory=Personal, repr=False)
    staffed: bool = False
    kept: dict[Hashable, object] = field(default_factory=dict, repr=False, compare=False)
    """What was worded before and is the same for everybody who reads this language and this catalogue."""

    def once(self, key: Hashable, word: Callable[[], T]) -> T:
        """Return what `word` made for this key, which must say all that it depends on but the language.

        For the agency's words only: what people chose for themselves must not outlive their row.
        """
        try:
            return self.kept[key]  # type: ignore[return-value]  # put there under the same key
        except KeyError:
            if len(self.kept) >= _MOST_KEPT:
                self.kept.clear()
            made = self.kept[key] = word()
            return made

    def say(self, sentence: str, **values: object) -> Text:
        """Return the sentence in this language with its `{values}` put in."""
        if not values:
            return self.once(sentence, lambda: fill(self.translations.gettext(sentence), values))
        return fill(self.translations.gettext(sentence), values)

    def count(self, one: str, many: str, n: int, **values: object) -> Text:
        """Return the form of the sentence that the number asks for; `{n}` is the number."""
        return fill(self.translations.ngettext(one, many, n), {"n": n, **values})

    def pick(self, texts: Texts) -> str:
        """Return a text of the catalogue in this language, not yet cleaned."""
        return self.catalogue.text(texts, self.language)

    def moment(self, at: datetime) -> Text:
        """Return date and time in the reader's time zone: `22 November 2026, 14:05`."""
        local = at.astimezone(self.zone)
        return literal(f"{shown(self.day(local.date()))}, {local.hour:02}:{local.minute:02}")

    def name_of(self, subscription: UUID) -> str | None:
        """Return the reader's own name for a document, not yet cleaned."""
        return self.personal.names.get(subscription)

    def day(self, day: date) -> Text:
        """Return a date as it is written out in this language."""
        return _written_out(day, self.locale)

    def weekday(self, day: date) -> Text:
        """Return a near date with its day of the week: `Sunday, 22 November`."""
        return text_of(format_date(day, "EEEE, d MMMM", locale=self.locale))


@dataclass(frozen=True)
class Voice:
    """Everything the bot can say, by language; made once at start by `load_voice`."""

    catalogue: Catalogue = field(repr=False)
    speeches: Mapping[str, Speech]
    staffed: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the agency's languages, its default one first."""
        return self.catalogue.agency.languages

    def speech(self, language: str) -> Speech:
        """Return the language's speech, or that of the agency's default language."""
        return self.speeches.get(language) or self.speeches[self.catalogue.agency.default_language]

    def to(self, reader: Reader) -> Speech:
        """Return the reader's language, with their time zone, code phrase and names of documents."""
        speech = self.speech(reader.language)
        if reader.zone is None and reader.personal.empty:
            return speech
        return replace(speech, zone=zone_of(reader.zone) or speech.zone, personal=reader.personal)


def load_voice(catalogue: Catalogue, folder: Path = LOCALES, *, staffed: bool = False) -> Voice:
    """Read the bot's strings for the agency's languages; raise MissingLanguageError for one it lacks.

    `staffed`: people of the agency answer, too.
    """
    zone = ZoneInfo(catalogue.agency.time_zone)
    speeches: dict[str, Speech] = {}
    for language in catalogue.agency.languages:
        locale = Locale.parse(_REGIONS.get(language, language))
        translations = _translations(folder, language)
        speeches[language] = Speech(language, catalogue, translations, locale, zone, staffed=staffed)
    return Voice(catalogue, speeches, staffed)


def _translations(folder: Path, language: str) -> gettext.GNUTranslations:
    path = folder / language / "LC_MESSAGES" / "notifier.po"
    if not path.is_file():
        raise MissingLanguageError(f"the bot does not speak {language!r}: there is no {path}")
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language, domain="notifier", abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@lru_cache(maxsize=1024)
def _written_out(day: date, locale: Locale) -> Text:
    return text_of(format_date(day, "long", locale=locale))
