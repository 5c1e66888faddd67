"""What was released before, and its tree, taken out of the repository's history."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FROM = "DOCWATCH_UPGRADE_FROM"
"""Names another tag or commit in the place of the newest release."""

_SECTION = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)


def released() -> list[str]:
    """Return the versions that CHANGELOG.md names, the newest first."""
    return _SECTION.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def before() -> str:
    """Return the commit of the newest release before this one; skip the test where there is none."""
    if named := os.environ.get(FROM):
        return named
    here = _git("rev-parse", "HEAD")
    for commit in map(_commit, released()):
        if commit is not None and commit != here:
            return commit.decode().strip()
    pytest.skip("the release before is not here: git fetch --tags --unshallow")


def _commit(version: str) -> bytes | None:
    """Return the commit of a version: its tag's, else the one that gave it a section in the changelog."""
    tagged = _git("rev-parse", "--verify", "--quiet", f"v{version}^{{commit}}")
    if tagged is not None or _git("rev-parse", "--is-shallow-repository") != b"false\n":
        return tagged
    changes = _git("log", "--format=%H", f"-S## [{version}]", "--", "CHANGELOG.md") or b""
    return changes.splitlines(keepends=True)[-1] if changes else None


def tree(tag: str, folder: Path) -> Path:
    """Write the files of a tag or commit into a folder and return it; skip the test where it is unknown."""
    archive = _git("archive", "--format=tar", tag)
    if archive is None:
        pytest.skip(f"{tag} is not here: git fetch --tags --unshallow")
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        opened.extractall(folder, filter="data")
    return folder


def environment(root: Path) -> Mapping[str, str]:
    """Return what makes an interpreter of this environment run the code of another tree.

    Neither the directory it is started in nor the installation comes before that tree.
    """
    return {"PYTHONPATH": str(root), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def run(root: Path, arguments: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """Run `python ARGUMENTS` with a tree's code and return what it printed; AssertionError if it failed."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and files
        [sys.executable, *arguments],
        env={**os.environ, **environment(root), **(more or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _git(*arguments: str) -> bytes | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [git, "-C", str(ROOT), *arguments], capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None
