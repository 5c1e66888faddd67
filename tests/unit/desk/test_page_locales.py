"""The sentences of the staff's pages in every language: complete, unused ones gone, placeholders the same."""

from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOMS = ("page", "editor")
LANGUAGES = ("uk", "ru")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]


def folder(room: str) -> Path:
    """Where a room lies."""
    return Path(str(import_module(f"services.desk.{room}").__file__)).parent


def used(room: str) -> set[tuple[str, ...]]:
    """Every sentence that a room says."""
    keywords = {"say": None, "count": (1, 2)}
    found = extract_from_dir(folder(room), method_map=METHODS, keywords=keywords, comment_tags=())
    return {(said,) if isinstance(said, str) else tuple(said) for _, _, said, *_ in found}


def sentences(room: str, language: str) -> list[Message]:
    """The sentences of a room in a language."""
    with (folder(room) / "locales" / language / f"{room}.po").open("rb") as file:
        return [one for one in read_po(file, locale=language, abort_invalid=True) if one.id]


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_or_unused(room: str, language: str) -> None:
    """Each language has exactly the sentences that the room says."""
    assert used(room) == {ids(one) for one in sentences(room, language)}


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_whole(room: str, language: str) -> None:
    """No sentence is empty, each has all plural forms, and its placeholders are those of its id."""
    found = sentences(room, language)
    unfinished = [one.id for one in found if one.fuzzy or not all(strings(one))]
    forms = {len(strings(one)) for one in found if one.pluralizable}
    different = [
        one.id for one in found if any(fields(text) != fields(ids(one)[-1]) for text in strings(one))
    ]

    assert ([], [], {3}) == (unfinished, different, forms)
