"""A command imports what it needs, and its line in the list of all says what its own help says."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cli.commands import COMMANDS, loaded
from cli.main import app

HEAVY = (
    "aiohttp",
    "asyncpg",
    "faststream",
    "holidays",
    "nats",
    "pydantic",
    "pydantic_settings",
    "services",
    "telegram",
    "uvicorn",
)
MOST_MODULES = 450
"""All commands together import more than two thousand."""
ASKED = """
import sys
from cli.main import main
sys.argv = ["docwatch", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """Return the modules that a process has imported when it has answered."""
    program = [sys.executable, "-c", ASKED, *words]
    answer = subprocess.run(program, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert "Usage: docwatch" in answer.stdout
    return set(answer.stderr.splitlines())


@pytest.mark.parametrize("words", [["--help"], []], ids=["asked", "bare"])
def test_the_list_of_commands_imports_none_of_them(words: list[str]) -> None:
    """Whoever asks what there is waits for no driver, model or service."""
    found = imported(*words)

    assert set() == found.intersection(HEAVY)
    assert MOST_MODULES > len(found)


def test_a_command_imports_no_other() -> None:
    """What asks services by HTTP loads no messenger, no calendar and no broker."""
    assert set() == imported("status", "--help").intersection(
        {"faststream", "holidays", "telegram", "uvicorn"}
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_says_what_the_command_says(name: str) -> None:
    """The list of all commands tells of each what its own help begins with."""
    command = loaded(name)

    assert name == command.name
    assert COMMANDS[name].line == (command.help or "").split("\n")[0]


def test_a_slip_is_told_what_may_be_meant() -> None:
    """A command that there is not names the one that is most like it."""
    answer = CliRunner().invoke(app, ["provison"])

    assert (2, True) == (answer.exit_code, "provision" in answer.output)
