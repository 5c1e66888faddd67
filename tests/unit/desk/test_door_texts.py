"""What the pages behind the door say, in every language, room by room."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import services.desk
from services.desk.door.speech import Speech, load_speeches

DESK = Path(services.desk.__file__).parent
ROOMS = sorted(path.parent.parent.parent.name for path in DESK.glob("*/locales/uk/*.po"))
LANGUAGES = ("uk", "ru")
TAGS = re.compile(r"{[{%#].*?[#%}]}|<[^>]*>| class=\"\w+\"", re.DOTALL)
SAYING = frozenset({"say", "to_say", "plain", "words", "count"})


def said(room: str) -> set[str]:
    """Return the sentences that a room's templates and code say."""
    found = set()
    for template in (DESK / room / "templates").glob("**/*.html"):
        extracted = extract_from_file(
            "jinja2.ext.babel_extract", template, keywords={"say": None, "speak": None, "count": (1, 2)}
        )
        for _, sentence, *_ in extracted:
            found |= {sentence[0] if isinstance(sentence, tuple) else sentence}
    for module in (DESK / room).glob("**/*.py"):
        found |= set(_in_code(ast.parse(module.read_text("utf-8"))))
    return found


def _in_code(tree: ast.Module) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        texts = [
            one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if name in SAYING and texts:
            yield texts[0]
        if name == "Route":
            labels = [*call.args[4:5], *(one.value for one in call.keywords if one.arg == "label")]
            yield from (str(one.value) for one in labels if isinstance(one, ast.Constant) and one.value)


def catalogue(room: str, language: str) -> Catalog:
    with (DESK / room / "locales" / language / f"{room}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_missing_or_unused(room: str, language: str) -> None:
    """Each language has the sentences of a room, none of them empty or a guess; the door's has no others."""
    found = {
        (message.id if isinstance(message.id, str) else message.id[0]): message
        for message in catalogue(room, language)
        if message.id
    }
    unfinished = [
        sentence
        for sentence, message in found.items()
        if message.fuzzy or not all(_forms(message.string or ""))
    ]

    assert set() == said(room) - set(found)
    assert room != "door" or set(found) == said(room)
    assert [] == unfinished


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ROOMS)
def test_placeholders_are_the_same(room: str, language: str) -> None:
    """A translation takes the same values as its sentence."""
    different = [
        message.id
        for message in catalogue(room, language)
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and _fields(message.id) != _fields(message.string)
    ]

    assert [] == different


def test_no_template_has_text_of_its_own() -> None:
    """What a template shows is said in the reader's language: no letters stand between its tags."""
    loose = []
    for template in DESK.glob("door/templates/*.html"):
        bare = re.sub(
            r"{[{%#].*?[#%}]}|<[^>]*>| class=\"\w+\"", "", template.read_text("utf-8"), flags=re.DOTALL
        )
        loose += [(template.name, line.strip()) for line in bare.splitlines() if re.search(r"[^\W\d_]", line)]

    assert [] == loose


def test_values_are_text_and_languages_have_names() -> None:
    """A value never becomes markup, and a language that lacks a sentence reads the English one."""
    speeches = load_speeches(["uk", "pl"], {"door": "services.desk.door"})
    hostile = speeches["uk"].say("Since {begun}, last used {seen}", begun="<b>", seen="{begun}")

    assert ["uk", "pl", "en"] == list(speeches)
    assert "З &lt;b&gt;, востаннє {begun}" == str(hostile)
    assert "Sign in" == speeches["pl"].plain("Sign in")
    assert "Українська" == speeches["uk"].name
    assert "3 rows" == str(Speech("en", speeches["en"].translations).count("{n} row", "{n} rows", 3))


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _forms(string: object) -> list[object]:
    return list(string) if isinstance(string, list | tuple) else [string]
