"""Which version a written result is of: how a page says so, and whether that is the present release."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHANGELOG = ROOT / "CHANGELOG.md"
_RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)
_STAMP = re.compile(
    r"of (\d+\.\d+\.\d+)(?: and later)?, commit [0-9a-z+]+, on \d{4}-\d\d-\d\d", re.IGNORECASE
)
_MARKED = re.compile(r"<!-- (.+?) -->\n(.*?)<!-- end of \1 -->", re.DOTALL)
Version = tuple[int, ...]


def release(changelog: str) -> str:
    """Return the newest release that a changelog names."""
    found = _RELEASE.search(changelog)
    if found is None:
        raise ValueError("the changelog names no release such as ## [1.2.3]")
    return found[1]


def unreleased(changelog: str) -> bool:
    """Tell whether a changelog has entries that are in no release yet."""
    head = changelog.partition("## [Unreleased]")[2]
    return "\n- " in _RELEASE.split(head, maxsplit=1)[0]


def stamp() -> str:
    """Return of what a result is that is written now: release, commit (with + where files differ), day."""
    changelog = CHANGELOG.read_text("utf-8")
    later = " and later" if unreleased(changelog) else ""
    today = datetime.now(UTC).date().isoformat()
    return f"of {release(changelog)}{later}, commit {_commit()}, on {today}"


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "*.py", "*.sql")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def version(text: str) -> Version:
    """Return a version such as 1.2.3 in a form that compares."""
    return tuple(map(int, text.split(".")))


def stamps(page: str) -> list[str]:
    """Return the releases that a page's results are of, in its order."""
    return [found[1] for found in _STAMP.finditer(page)]


def stale(page: str, present: str) -> set[str]:
    """Return the releases before the present one that results of a page are of; `none` where it says none."""
    found, parts = stamps(page), [part for _, part in _MARKED.findall(page)]
    old = {one for one in found if version(one) < version(present)}
    return old if found and all(map(stamps, parts)) else old | {"none"}
