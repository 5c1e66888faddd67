"""Pages about the code name files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOP = "cli|contracts|deploy|docs|runtime|sandbox|services|tests|worktime"
PATH = re.compile(rf"`((?:{TOP})/[a-z_/0-9.-]*)`")
PAGES = ("CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md")


@pytest.mark.parametrize("page", PAGES)
def test_each_path_of_a_page_exists(page: str) -> None:
    """Each path in backticks from the root of the repository is a file or folder of it."""
    named = set(PATH.findall((ROOT / page).read_text(encoding="utf-8")))

    assert named
    assert set() == {path for path in named if not (ROOT / path).exists()}
