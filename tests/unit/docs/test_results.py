"""Written results are of the release that ships."""

from pathlib import Path

import pytest

from tests.reports import REPORTS
from tests.stamp import CHANGELOG, release, stale, stamp, stamps, unreleased

PAGES = sorted({page for report in REPORTS.values() for page in report.pages})
LOG = "# Changelog\n\n## [Unreleased]\n\n{}\n## [1.10.0] - 2026-01-02\n\n- b\n\n## [1.9.0] - 2026-01-01\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_results_are_of_the_present_release(page: Path) -> None:
    """A release ships with its own results; while the next is being made, what is older is told of."""
    changelog = CHANGELOG.read_text("utf-8")
    old = stale(page.read_text("utf-8"), release(changelog))
    if old and unreleased(changelog):
        of = ", ".join(sorted(old))
        pytest.skip(f"docs/{page.name} has results of {of}; before a release: python -m tests.reports")

    assert set() == old


def test_what_a_stamp_says_is_read() -> None:
    """The words that are written now are found again, with the newest release."""
    changelog = CHANGELOG.read_text("utf-8")

    assert [release(changelog)] == stamps(f"*{stamp()}*")
    assert set() == stale(f"Written {stamp()}.", release(changelog))


def test_versions_are_compared_as_numbers() -> None:
    """1.9 is before 1.10, and what has no stamp is as old as can be."""
    one = "of 1.9.0, commit 0123abc, on 2026-01-01"

    assert "1.10.0" == release(LOG)
    assert {"1.9.0"} == stale(one, "1.10.0")
    assert set() == stale(one, "1.9.0")
    assert {"none"} == stale("nothing", "1.0.0")
    assert {"none"} == stale(
        f"<!-- a -->\n1\n<!-- end of a -->\n<!-- b -->\n{one}\n<!-- end of b -->", "1.9.0"
    )


@pytest.mark.parametrize(("entries", "expected"), [("- something\n", True), ("", False)])
def test_a_release_has_nothing_unreleased(entries: str, expected: object) -> None:
    """Entries under the heading of what is unreleased say that this is no release."""
    assert expected == unreleased(LOG.format(f"### Added\n\n{entries}" if entries else ""))
