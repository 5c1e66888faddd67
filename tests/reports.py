"""Writes everything that the pages tell of results anew, by the code that is here: `python -m tests.reports`.

Some hours on a machine with nothing else to do. A page says of each result which version, commit and day it
is of; `tests/unit/docs/test_results.py` finds what is older than the present release. Names pick some.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.stamp import ROOT


@dataclass(frozen=True)
class Report:
    """What one program writes into which pages."""

    command: Sequence[str]
    pages: Sequence[Path]


DOCS = ROOT / "docs"
REPORTS: Mapping[str, Report] = {
    "benchmarks": Report(("tests.benchmarks", "--write"), (DOCS / "benchmarks.md", DOCS / "capacity.md")),
    "siege": Report(("tests.benchmarks.siege", "--write"), (DOCS / "benchmarks.md",)),
    "drill": Report(("tests.faults.disaster", "--write"), (DOCS / "operations.md",)),
    "faults": Report(("tests.faults.report",), (DOCS / "faults-last.md",)),
    "breakages": Report(("tests.faults.mutate",), (DOCS / "breakages.md",)),
}


def main() -> int:
    """Run them one after the other; return how many did not end well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(REPORTS)}; none: all")
    chosen = parser.parse_args().names or list(REPORTS)
    if unknown := [one for one in chosen if one not in REPORTS]:
        parser.error(f"there is no report {', '.join(unknown)}")
    failed = []
    for name in chosen:
        sys.stdout.write(f"\n# {name}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", *REPORTS[name].command]
        failed += [name] if subprocess.run(command, cwd=ROOT, check=False).returncode else []  # noqa: S603 - our own modules
    sys.stdout.write(f"\nnot as wanted: {', '.join(failed) or 'nothing'}\n")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
