"""Breaks the project on purpose, one breakage at a time in a copy of its own, and says which go unnoticed.

`python -m tests.faults.mutate [WORD ...]` tries all of `breakages.yaml`, or those whose name holds a word; it
exits with 1 where some tests still pass. The working tree is never touched.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
PATIENCE_SECONDS = 300


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


def noticed(breakage: Breakage) -> bool:
    """Tell whether the tests fail in a copy that is broken so; a test that hangs has noticed too.

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
                command, cwd=copy, capture_output=True, timeout=PATIENCE_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return True
    if done.returncode not in {0, 1}:
        raise ValueError(f"{breakage.name}: the tests cannot run: {done.stdout.decode()[-2000:]}")
    return done.returncode == 1


def main(words: Sequence[str]) -> int:
    """Try the breakages and print a line for each."""
    wanted = [one for one in breakages() if not words or any(word in one.name for word in words)]
    missed = 0
    for one in wanted:
        found = noticed(one)
        missed += not found
        sys.stdout.write(f"{'noticed  ' if found else 'UNNOTICED'}  {one.name}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(wanted) - missed} of {len(wanted)} breakages were noticed\n")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
