"""The operator's guide against the code: every setting, every command, every picture."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

from cli.installation.settings import InstallationSettings
from cli.main import app
from services.desk.settings import DeskSettings
from services.ingest.settings import IngestSettings
from services.notifier.settings import NotifierSettings
from services.tracker.settings import TrackerSettings

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "operations.md").read_text("utf-8")
KINDS: tuple[type[BaseSettings], ...] = (
    IngestSettings,
    TrackerSettings,
    NotifierSettings,
    DeskSettings,
    InstallationSettings,
)
SETTINGS = sorted({name.upper() for kind in KINDS for name in kind.model_fields})
CELLS = [row.split("|")[1] for row in GUIDE.splitlines() if row.startswith("| `")]
TABLED = {name for cell in CELLS for name in re.findall(r"`([A-Z][A-Z_]+)`", cell)}
COMMANDS = sorted(
    {
        said.strip()
        for said in re.findall(r"docwatch ((?:[a-z][a-z-]+ ?)+(?:--[a-z-]+(?: [A-Z]+)? ?)*)", GUIDE)
    }
)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_explained(name: str) -> None:
    """The guide has a table's row for each setting of each service and of the command."""
    assert name in TABLED


def test_no_other_setting_is_explained() -> None:
    """What the tables explain can be set."""
    assert set() == TABLED - set(SETTINGS)


@pytest.mark.parametrize("said", COMMANDS)
def test_every_command_exists(said: str) -> None:
    """What the guide has people type is a command, with the options it is given."""
    words = said.partition(" --")[0].split()
    answer = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})

    assert 0 == answer.exit_code, answer.output
    assert all(option in answer.output for option in re.findall("--[a-z-]+", said))


def test_every_picture_is_there() -> None:
    """Each picture that the guide shows is in the tree."""
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", GUIDE)

    assert [] == [one for one in pictures if not (DOCS / one).exists()]
