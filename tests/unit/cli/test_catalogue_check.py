"""`docwatch catalogue check` warns of hours that people will not read as meant."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sandbox.agency
from cli.main import app

SAMPLE = Path(sandbox.agency.__file__).parent / "catalogue"
HOURS = "Mo-Fr 09:00-18:00; Sa 09:00-14:00; PH off"


def check(directory: Path, hours: str) -> tuple[int, list[str]]:
    """Give one office these hours; return the exit status and what is said of the line they stand on."""
    text = (SAMPLE / "offices.yaml").read_text()
    line = text[: text.index(HOURS)].count("\n") + 1
    (directory / "offices.yaml").write_text(text.replace(f'"{HOURS}"', f"'{hours}'", 1))
    result = CliRunner().invoke(app, ["catalogue", "check", str(directory)])
    start = f"warning: offices.yaml:{line}: offices.kyiv-1.hours: "
    warned = [one for one in result.output.splitlines() if one.startswith("warning: ")]
    assert all(one.startswith(start) for one in warned)
    return result.exit_code, [one.removeprefix(start) for one in warned]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The sample agency without its words and answers, each line of which would be looked up each time."""
    found = Path(shutil.copytree(SAMPLE, tmp_path / "catalogue"))
    for file in ("words.yaml", "questions.yaml"):
        (found / file).unlink()
    return found


@pytest.mark.parametrize(
    ("hours", "warnings"),
    [
        (HOURS, []),
        ('"by appointment"; ph,Su off', []),
        ("Mo-Fr 9 to 5; PH off", ["cannot be read from character 7 on; people see it as it is written"]),
        ("Mo-Fr 09:00+; PH off", ["leaves the end of hours open"]),
        ("Mo-Fr 09:00-18:00; PH,SH off", ["depends on school holidays (SH)"]),
        ("Mo-Fr 09:00-18:00; We[1] off; PH off", ["is not the same every week"]),
        ("Mo-Fr 09:00-18:00", ["says nothing of public holidays"]),
        (
            'Mo-Fr 09:00-18:00 open "ring twice"; PH off',
            ['has comments that are shown in every language as they stand: "ring twice"'],
        ),
    ],
)
def test_hours_worth_a_look_are_named_with_file_and_line(
    directory: Path, hours: str, warnings: list[str]
) -> None:
    """A warning names file and line and is no error; hours that are told as meant give none."""
    status, found = check(directory, hours)

    assert 0 == status
    assert len(warnings) == len(found)
    assert all(one.startswith(start) for one, start in zip(found, warnings, strict=True))
