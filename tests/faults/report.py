"""Runs every test that the page of faults names and writes what came of it, row by row.

`python -m tests.faults.report` writes `docs/faults-last.md`; it takes longer than `make faults`.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.stamp import stamp

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
RESULTS = ROOT / "docs" / "faults-last.md"
SCENARIOS = "each_fault"
"""The file whose one test holds many of the page's faults."""
_SECTION = re.compile(r"^## (\w+)$", re.MULTILINE)
_ROW = re.compile(r"^\| (\d+) \| ([^|]+) \|.*\| ([^|]+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One fault or attack and its tests, each as the file's name and the test's first words."""

    section: str
    number: int
    name: str
    tests: tuple[tuple[str, str], ...]


def rows() -> list[Row]:
    """Return what stands on the page, in its order."""
    _, *parts = _SECTION.split(PAGE.read_text(encoding="utf-8"))
    return [
        Row(section, int(number), name.strip(), _tests(cell))
        for section, text in zip(parts[::2], parts[1::2], strict=True)
        for number, name, cell in _ROW.findall(text)
    ]


def _tests(cell: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition(":") for part in cell.split(";") if ":" in part)
    return tuple((file.strip(), words.partition("(")[0].strip()) for file, _, words in pairs)


def _wanted(item: tuple[str, str], tests: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a test, as its file's and its own name, is one of those named."""
    file, name = (one.removeprefix("test_") for one in item)
    return any(file == stem and (stem == SCENARIOS or name.startswith(words)) for stem, words in tests)


@dataclass(eq=False)
class Results:
    """A plugin of pytest: picks the named tests, and keeps how each ended and the seeds they told."""

    tests: frozenset[tuple[str, str]]
    ends: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    seeds: list[str] = field(default_factory=list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave only what is named."""
        items[:] = [one for one in items if _wanted((one.path.stem, one.name), self.tests)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the end of a test; a failure to set it up or take it down is its failure."""
        if report.when != "call" and report.passed:
            return
        path, _, name = report.nodeid.partition("::")
        self.ends.setdefault((Path(path).stem, name), []).append(report.outcome)
        self.seeds += [str(value) for key, value in report.user_properties if key == "seed"]

    def of(self, row: Row) -> str:
        """Return what came of a row's tests, the worst first."""
        found = [end for item, ends in self.ends.items() if _wanted(item, row.tests) for end in ends]
        counts: Mapping[str, int] = {end: found.count(end) for end in ("failed", "skipped", "passed")}
        told = [f"{count} {end}" for end, count in counts.items() if count]
        return ", ".join(told) or "-"


def page(results: Results) -> str:
    """Return the table of the last results."""
    python = ".".join(str(part) for part in sys.version_info[:2])
    seeds = ", ".join(results.seeds) or "none were run"
    lines = [
        "# The last result of each fault's tests",
        "",
        f"Written by `python -m tests.faults.report`, {stamp()}; Python {python}.",
        f"Seeds of random faults: {seeds}. `-` was not run.",
        "What is done in each row stands on [the page of faults](faults.md).",
    ]
    found = rows()
    for section in dict.fromkeys(row.section for row in found):
        lines += ["", f"## {section}", "", "| # | | tests |", "|---|---|---|"]
        lines += [
            f"| {row.number} | {row.name} | {results.of(row)} |" for row in found if row.section == section
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the tests, write the page, and return pytest's exit status."""
    results = Results(
        frozenset(test for row in rows() for test in row.tests) | {("random_faults", "the_books")}
    )
    status = pytest.main([str(ROOT / "tests"), "-q", *sys.argv[1:]], plugins=[results])
    RESULTS.write_text(page(results), encoding="utf-8")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
