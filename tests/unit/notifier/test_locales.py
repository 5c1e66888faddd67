"""The bot's strings in every language: complete, unused ones gone, and true to their placeholders."""

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import services.notifier
from contracts.catalogue import Catalogue
from services.notifier.domain.messages import shown
from services.notifier.wording.i18n import (
    LOCALES,
    MissingLanguageError,
    Voice,
    load_voice,
)

SOURCE = Path(services.notifier.__file__).parent
LANGUAGES = ("uk", "ru", "en")
FORMS = {"uk": 3, "ru": 3, "en": 2}


def used() -> set[tuple[str, ...]]:
    """Every sentence that the code says."""
    methods = [("**.py", "python"), ("page/views/templates/**.html", "jinja2.ext.babel_extract")]
    found = extract_from_dir(
        SOURCE, method_map=methods, keywords={"say": None, "count": (1, 2)}, comment_tags=()
    )
    return {(said,) if isinstance(said, str) else tuple(said) for _, _, said, *_ in found}


def translated(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "notifier.po").open("rb") as file:
        return read_po(file, locale=language, domain="notifier", abort_invalid=True)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def sentences(language: str) -> list[Message]:
    return [message for message in translated(language) if message.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_or_unused(language: str) -> None:
    """Each language has exactly the sentences that the code says."""
    present = {ids(message) for message in sentences(language)}

    assert used() == present


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(language: str) -> None:
    """No sentence is empty or marked as a guess, and each has all plural forms of its language."""
    unfinished = [m.id for m in sentences(language) if m.fuzzy or not all(strings(m))]
    forms = {len(strings(message)) for message in sentences(language) if message.pluralizable}

    assert [] == unfinished
    assert {FORMS[language]} == forms


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same(language: str) -> None:
    """A translation takes the same values as its sentence and formats none of them."""
    different = [
        message.id
        for message in sentences(language)
        if any(fields(text) != fields(ids(message)[-1]) for text in strings(message))
    ]

    assert [] == different


@pytest.mark.parametrize("language", LANGUAGES)
def test_typography(language: str) -> None:
    """No sentence has outer blanks, markup, straight quotation marks or letters of another language."""
    foreign = {"uk": "[ыъэёЫЪЭЁ]", "ru": "[іїєґІЇЄҐ]", "en": "[а-яА-ЯіїєґІЇЄҐ]"}[language]
    odd = re.compile(rf"^\s|\s$|[<>\"]|(?<!\w)'|{foreign}")

    assert [] == [text for message in sentences(language) for text in strings(message) if odd.search(text)]


@pytest.mark.parametrize("language", ["uk", "ru"])
def test_translations_are_not_left_in_english(language: str) -> None:
    """A Cyrillic language has Cyrillic letters in every sentence that has letters."""
    latin = [
        text
        for message in sentences(language)
        for text in strings(message)
        if text != ids(message)[0] and not re.search("[а-яіїєґ№]", text.lower())
    ]
    same = [message.id for message in sentences(language) if strings(message)[0] == ids(message)[0]]

    assert ([], []) == (latin, same)


def test_every_language_of_the_agency_speaks(voice: Voice) -> None:
    """Each language answers in itself, and an unknown one in the agency's first."""
    found = {language: shown(voice.speech(language).say("Help")) for language in (*LANGUAGES, "tlh")}

    assert {"uk": "Допомога", "ru": "Помощь", "en": "Help", "tlh": "Допомога"} == found


def test_a_language_that_the_bot_lacks_is_told_at_start(catalogue: Catalogue, tmp_path: Path) -> None:
    """Loading names the language that has no strings."""
    with pytest.raises(MissingLanguageError, match="'uk'"):
        load_voice(catalogue, tmp_path)
