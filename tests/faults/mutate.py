"""Breaks the project on purpose, one breakage at a time in a copy of its own, and says which go unnoticed.

`python -m tests.faults.mutate [WORD ...]` tries all of `breakages.yaml`, or those whose name holds a word; it
exits with 1 where some tests still pass. The breakages are made in copies; `docs/breakages.md` keeps the list
with the test that noticed each.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.stamp import stamp

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
PATIENCE_SECONDS = 300
PAGE = ROOT / "docs" / "breakages.md"
HEAD = """# Deliberate breakages

`make mutate` breaks a copy of the code in each of these ways, one at a time, and runs the tests that must
notice. The list is `tests/faults/breakages.yaml`; this page is written by the run.

| what is broken | where | noticed by | result |
|---|---|---|---|
"""
UNNOTICED = "**nobody**"
_FAILED = re.compile(r"^(?:FAILED|ERROR) \S*/test_(\w+)\.py(?:::test_(\w+))?", re.MULTILINE)
_ROW = re.compile(r"^\| (.+) \| `.+` \| (.+) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Breakage:
    """An exact text of one file, what it becomes, and the test files that must fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, root: Path) -> None:
        """Break a copy; ValueError where the text is not there exactly once."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(
                f"{self.name}: {self.file} holds its text {text.count(self.old)} times, not once"
            )
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def breakages() -> list[Breakage]:
    """Read the list."""
    listed = yaml.safe_load((ROOT / "tests" / "faults" / "breakages.yaml").read_text(encoding="utf-8"))
    return [Breakage(one["name"], one["file"], one["old"], one["new"], tuple(one["tests"])) for one in listed]


def noticed_by(breakage: Breakage) -> str | None:
    """Return file and name of the first test that fails in a copy broken so; one that hangs has noticed too.

    Raises ValueError where the tests could not be run at all.
    """
    with tempfile.TemporaryDirectory(prefix="docwatch-broken-") as folder:
        copy = Path(folder) / "docwatch"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        Path(folder).chmod(0o755)
        breakage.apply(copy)
        command = [sys.executable, "-m", "pytest", "-q", "-x", *breakage.tests]
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and files
                command, cwd=copy, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return "a test that does not end"
    if done.returncode == 0:
        return None
    failed = _FAILED.search(done.stdout)
    if done.returncode != 1 or failed is None:
        raise ValueError(f"{breakage.name}: the tests cannot run: {done.stdout[-2000:]}")
    return f"{failed[1]}: {failed[2] or 'the whole file'}"


Noticed = tuple[str, str]
"""The test that noticed a breakage, and of what that result is."""


def page(found: Mapping[str, Noticed]) -> str:
    """Return the page with what noticed each breakage, by its name; what was never tried is left out."""
    return HEAD + "".join(
        f"| {one.name} | `{one.file}` | {' | '.join(found[one.name])} |\n"
        for one in breakages()
        if one.name in found
    )


def written() -> dict[str, Noticed]:
    """Return what the page says at present."""
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else []
    return {name: (test, result) for name, test, result in rows}


def main(words: Sequence[str]) -> int:
    """Try the breakages, print a line for each and write the page."""
    wanted = [one for one in breakages() if not words or any(word in one.name for word in words)]
    found = written()
    missed = 0
    for one in wanted:
        try:
            test = noticed_by(one)
        except ValueError as error:
            sys.stdout.write(f"{error}\n")
            missed += 1
            continue
        missed += test is None
        found[one.name] = (test or UNNOTICED, stamp())
        sys.stdout.write(f"{'noticed  ' if test else 'UNNOTICED'}  {one.name}: {test}\n")
        sys.stdout.flush()
        PAGE.write_text(page(found), encoding="utf-8")
    sys.stdout.write(f"{len(wanted) - missed} of {len(wanted)} breakages were noticed\n")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
