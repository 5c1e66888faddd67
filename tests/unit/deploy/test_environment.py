"""Which interpreter `make` takes on which machine, and what it says where none fits."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = ("requirements.lock", "tools.lock", "pyproject.toml")
TOOLS = ("sh", "make", "rm", "mkdir", "touch", "cp", "cmp", "cat", "chmod", "ln")
# Answers the script's question as an interpreter would, makes environments, installs a uv that takes notes.
PYTHON = """#!/bin/sh
case "$1" in
-c)
    echo "{number} {kind}"
    ;;
-m)
    for folder; do :; done
    mkdir -p "$folder/bin"
    cp "$0" "$folder/bin/python"
    printf '#!/bin/sh\\nln -s "$UV" "%s/bin/uv"\\n' "$folder" > "$folder/bin/pip"
    chmod 755 "$folder/bin/pip"
    ;;
esac
"""
UV = """#!/bin/sh
echo "$@" >> "$UV_LOG"
case "$*" in
"python install"*) test -n "$FETCHED" || exit 1 ;;
"python find"*) echo "$FETCHED" ;;
"pip sync"*) test -z "$NO_WHEELS" || exit 1 ;;
esac
"""


class Machine:
    """A machine with nothing on it but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.log = folder / "uv.log"
        self.environment = {
            "PATH": str(self.programs),
            "HOME": str(folder / "home"),
            "UV": str(self.write("elsewhere/uv", UV)),
            "UV_LOG": str(self.log),
            "FETCHED": "",
            "NO_WHEELS": "",
        }
        self.programs.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            (self.programs / name).symlink_to(found)
        for name in (
            "Makefile",
            "deploy/environment.sh",
            "requirements.lock",
            "tools.lock",
            "pyproject.toml",
        ):
            self.write(f"project/{name}", (ROOT / name).read_text("utf-8"))

    def write(self, name: str, text: str) -> Path:
        """Write a file that can be run."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def has(self, name: str, number: int, kind: str = "whole") -> Path:
        """Put an interpreter there."""
        return self.write(name, PYTHON.format(number=number, kind=kind))

    def make(self, *more: str) -> "subprocess.CompletedProcess[str]":
        """Set the environment up as make does for every goal."""
        return subprocess.run(  # noqa: S603 - the project's own Makefile
            [str(self.programs / "make"), ".venv/.installed", *more],
            cwd=self.folder / "project",
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An empty machine with make."""
    return Machine(tmp_path)


PYENV = "home/.pyenv/versions"


@pytest.mark.parametrize(
    ("there", "taken", "said"),
    [
        ({"programs/python3": 311, "programs/python3.13": 313}, "python3 (Python 3.11)", False),
        ({"programs/python3": 310, "programs/python3.12": 312}, "python3.12 (Python 3.12)", False),
        ({"programs/python3": 309, f"{PYENV}/3.12.7/bin/python": 312}, "python (Python 3.12)", False),
        ({"programs/python3.11": 311, f"{PYENV}/3.13.0/bin/python": 313}, "python (Python 3.13)", False),
        ({"programs/python3": 314, "programs/python3.11": 311}, "python3.11 (Python 3.11)", False),
        ({"programs/python3": 314}, "python3 (Python 3.14)", True),
        ({"programs/python3.15": 315, "programs/python3.14": 314}, "python3.14 (Python 3.14)", True),
    ],
)
def test_the_fitting_interpreter_is_found(
    machine: Machine,
    there: dict[str, int],
    taken: str,
    said: bool,  # noqa: FBT001 - drawn
) -> None:
    """python3 where it is tested, else the newest tested one, else a newer one, with a word."""
    for name, number in there.items():
        machine.has(name, number)
    done = machine.make()

    assert 0 == done.returncode, done.stderr
    assert f"/{taken}\n" in done.stderr
    assert said == ("is not tested" in done.stderr)
    assert ["pip sync", "pip install"] == [
        " ".join(line.split()[:2]) for line in machine.log.read_text().splitlines()
    ]


def test_hashes_are_demanded_of_all(machine: Machine) -> None:
    """Uv comes by the hash of its lock, and brings everything else by hashes and as wheels."""
    machine.has("programs/python3", 312)
    script = (ROOT / "deploy" / "environment.sh").read_text("utf-8")
    done = machine.make()
    sync, own = machine.log.read_text().splitlines()

    assert 0 == done.returncode
    assert "--require-hashes --requirement tools.lock" in script
    assert sync.endswith("--no-build --require-hashes requirements.lock")
    assert own.endswith("--no-deps --no-build-isolation --editable .")


def test_uv_follows_its_lock(machine: Machine) -> None:
    """Another lock brings another uv; the same one is not installed twice, and the environment stays."""
    machine.has("programs/python3", 312)
    machine.make()
    mark = machine.folder / "project" / ".venv" / "uv" / "mark"
    mark.touch()
    again = machine.make("--always-make")
    stays = mark.exists()
    with (machine.folder / "project" / "tools.lock").open("a") as lock:
        lock.write("# another\n")
    machine.make("--always-make")

    assert stays
    assert "setting up" not in again.stderr
    assert not mark.exists()


@pytest.mark.parametrize("with_uv", [True, False])
def test_uv_fetches_one_where_none_fits(machine: Machine, with_uv: bool) -> None:  # noqa: FBT001 - drawn
    """With an old Python, or with uv alone, the interpreter comes from uv."""
    if with_uv:
        (machine.programs / "uv").symlink_to(machine.environment["UV"])
    else:
        machine.has("programs/python3", 310)
    machine.environment["FETCHED"] = str(machine.has("fetched/python3.13", 313))
    done = machine.make()

    assert 0 == done.returncode, done.stderr
    assert "fetched/python3.13 (Python 3.13)" in done.stderr


@pytest.mark.parametrize(
    ("there", "arguments", "reasons"),
    [
        ({}, (), ["none was found."]),
        ({"python3": (310, "whole")}, (), ["/python3 is Python 3.10\n"]),
        ({"python3": (311, "lacking")}, (), ["is Python 3.11 without venv and pip", "python3.11-venv"]),
        ({"python3": (312, "whole"), "old": (310, "whole")}, ("PYTHON=old",), ["old is Python 3.10\n"]),
        ({"python3": (312, "whole")}, ("PYTHON=none",), ["none does not run"]),
    ],
)
def test_without_a_fitting_one_the_reason_is_told(
    machine: Machine, there: dict[str, tuple[int, str]], arguments: tuple[str, ...], reasons: list[str]
) -> None:
    """What is here and why it does not do, and how to get one; no environment is left behind."""
    for name, (number, kind) in there.items():
        machine.has(f"programs/{name}", number, kind)
    done = machine.make(*arguments)

    assert 2 == done.returncode
    assert [] == [one for one in ["Python 3.11, 3.12 or 3.13 is needed", *reasons] if one not in done.stderr]
    assert "make PYTHON=/path/to/python3.12" in done.stderr
    assert not (machine.folder / "project" / ".venv" / "bin").exists()


def test_a_newer_one_without_wheels_is_told(machine: Machine) -> None:
    """A Python for which packages have no wheels yet ends the set-up with a word about it, each time."""
    machine.has("programs/python3", 315)
    machine.environment["NO_WHEELS"] = "yes"
    codes = [machine.make(), machine.make()]

    assert [2, 2] == [one.returncode for one in codes]
    assert all("no wheel for Python 3.15 yet: make PYTHON=python3.13" in one.stderr for one in codes)
