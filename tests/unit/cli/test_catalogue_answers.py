"""`docwatch catalogue check` looks at the agency's answers: faults by their lines, and warnings."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sandbox.agency
from cli.main import app

SAMPLE = Path(sandbox.agency.__file__).parent / "catalogue"
ANSWERS = """\
answers:
  yard:
    topic: offices
    questions: {uk: [де припаркувати], ru: [где припарковать], en: [where to park]}
    text: {uk: а, ru: б, en: c}
    valid_until: 2026-01-01
  cellar:
    topic: offices
    questions: {uk: [самокат], ru: [скутер], en: [scooter]}
    text: {uk: а, ru: б, en: c}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The sample agency without words of its own, for which every line would be looked up each time."""
    found = Path(shutil.copytree(SAMPLE, tmp_path / "catalogue"))
    (found / "words.yaml").unlink()
    return found


@pytest.mark.parametrize(
    ("old", "new", "status", "said"),
    [
        ("", "", 0, "warning: questions.yaml:6: answers.yard.valid_until: was valid until 2026-01-01"),
        ("[самокат]", "[Де припаркувати!]", 1, "questions.yaml:9: answers.cellar.questions.uk.0: "),
        (
            "[scooter]",
            "[stop writing to me]",
            1,
            "answers.cellar.questions.en.0: 'stop writing to me' is what",
        ),
        ("  cellar:", "  forget:", 1, "questions.yaml:7: answers.forget: is what the bot does itself"),
    ],
)
def test_answers_are_looked_at(directory: Path, old: str, new: str, status: int, said: str) -> None:
    """Hidden lines, lines of a rule and ids of the bot's own are mistakes; an overdue answer a warning."""
    (directory / "questions.yaml").write_text(ANSWERS.replace(old, new), "utf-8")

    result = CliRunner().invoke(app, ["catalogue", "check", str(directory)])

    assert status == result.exit_code
    assert said in (result.output + str(result.exception))


def test_the_sample_has_nothing_to_find() -> None:
    """Every line of the sample agency's answers finds its answer, and others of it do without that line."""
    result = CliRunner().invoke(app, ["catalogue", "check", str(SAMPLE)])

    assert 0 == result.exit_code
    assert "warning: questions.yaml" not in result.output
