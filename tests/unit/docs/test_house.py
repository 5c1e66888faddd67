"""The house stays one that can be entered: rooms are not crowded, and a module is one thought."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PRODUCT = ("cli", "contracts", "deploy", "language", "runtime", "sandbox", "services", "worktime")
ROOM = 15
"""How many modules may stand directly in a package."""


def modules(folder: str) -> list[Path]:
    """Return all modules below a folder of the tree."""
    return sorted((ROOT / folder).rglob("*.py"))


def crowded(paths: list[Path]) -> dict[str, int]:
    """Return the packages with too many modules directly in them, and how many these are."""
    counts = Counter(path.parent.relative_to(ROOT) for path in paths if path.name != "__init__.py")
    return {str(package): count for package, count in counts.items() if count > ROOM}


def too_long(paths: list[Path], most: int) -> dict[str, int]:
    """Return the modules with more lines than the most that is allowed, and their lines."""
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > most}


@pytest.mark.parametrize("folder", PRODUCT)
def test_no_package_is_crowded(folder: str) -> None:
    """No package has more than 15 modules directly in it."""
    paths = modules(folder)

    assert paths
    assert {} == crowded(paths)


@pytest.mark.parametrize(("folder", "most"), [*((folder, 300) for folder in PRODUCT), ("tests", 400)])
def test_no_module_is_too_long(folder: str, most: int) -> None:
    """No module has more than 300 lines, no test more than 400."""
    assert {} == too_long(modules(folder), most)
