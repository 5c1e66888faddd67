"""`docwatch catalogue check --draw` shows each consultation as a tree."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import sandbox.agency
from cli.errors import CommandError
from cli.main import app
from contracts.catalogue import Catalogue, load_catalogue

SAMPLE = Path(sandbox.agency.__file__).parent / "catalogue"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(SAMPLE)


def drawn(*options: str) -> list[str]:
    result = CliRunner().invoke(app, ["catalogue", "check", str(SAMPLE), *options])
    assert result.exit_code == 0
    return result.output.splitlines()


def test_nothing_is_drawn_unasked() -> None:
    """Without the option one line says that the catalogue is fit, and what is in it."""
    (line,) = drawn()

    assert "4 consultations" in line


def test_everything_stands_in_the_tree(catalogue: Catalogue) -> None:
    """Each question has one line, and each answer, paper, remark and advice stands in some."""
    lines = drawn("--draw", "--language", "en")
    text = "\n".join(lines)

    for one in catalogue.consultations.values():
        for code, question in one.questions.items():
            assert any(f"─ {code}? {question.text['en']}" in line for line in lines)
            assert all(f"─ {code}: {answer['en']}" in text for code, answer in question.answers.items())
        assert all(f"─ + {paper.paper}" in text for paper in one.papers)
        assert all(advice.text["en"] in text for advice in one.advice)


def test_an_answer_shows_what_follows() -> None:
    """Under an answer stand the questions and papers that it leads to, with what else they depend on."""
    lines = drawn("--draw", "--language", "en")
    start = lines.index("id_card: National identity card")
    first = next(place for place in range(start, len(lines)) if "─ first: " in lines[place])

    assert "│  │  ├─ + birth_certificate" == lines[first + 1]
    assert lines[first + 2].endswith("(if age is from_14)")
    assert "ENDS: " in lines[start + 6]


def test_the_agencys_language_is_the_first() -> None:
    """Without a language the drawing is in the agency's own."""
    assert "foreign_passport: Закордонний паспорт" in drawn("--draw")


def test_a_language_that_is_not_there() -> None:
    """Another language is refused with those that there are."""
    result = CliRunner().invoke(app, ["catalogue", "check", str(SAMPLE), "--draw", "--language", "de"])

    assert isinstance(result.exception, CommandError)
    assert "'de' is not one of uk, ru, en" in str(result.exception)
