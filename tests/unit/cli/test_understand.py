"""What `docwatch understand` prints."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app


def said(*arguments: str) -> str:
    """Return what the command prints."""
    done = CliRunner().invoke(app, ["understand", *arguments])
    assert 0 == done.exit_code, done.output
    return done.stdout


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("де мій паспорт", "The bot takes it for: where, and acts on it."),
        ("please stop writing", "The bot takes it for: stop, and asks whether that is meant"),
        ("скільки коштує терміновий", "The bot is not sure, and offers urgent, fee"),
        ("do you deliver the passport by post", "The bot tells the answer delivery, and asks"),
        ("asdf qwer", "The bot answers that it did not understand."),
    ],
)
def test_it_says_what_the_bot_does(text: str, does: str) -> None:
    """The first line says what a text is taken for and what follows from it."""
    assert said(text).startswith(does)


def test_it_says_why() -> None:
    """The phrasing that is nearest, what both say, and a slip that was mended are named."""
    found = said("коли буде готовий паспрт")

    assert "паспрт (a slip, read as" in found
    assert "when: nearest is " in found
    assert "both say " in found
    assert "document with when" in found


def test_a_rule_is_named() -> None:
    """What a rule decided is told apart from likeness."""
    assert "A rule says so" in said("please stop writing")
    assert "A rule says so" not in said("де мій паспорт")


def test_for_machines() -> None:
    """JSON holds the intent, the verdict and the candidates."""
    found = json.loads(said("--json", "де мій паспорт"))

    assert ("where", "clear", False) == (found["intent"], found["verdict"], found["rule"])
    assert "where" == found["candidates"][0]["label"]
