"""Every benchmark that needs no more than some minutes: `python -m tests.benchmarks [--write] [NAME ...]`.

Each runs as a program of its own and prints tables. With `--write` what they print goes between marks in
the page that has marks of its name, with version, commit and day, and the plots are drawn.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

from tests.benchmarks.comparing import machine
from tests.benchmarks.kit import ROOT
from tests.benchmarks.plots import draw
from tests.stamp import stamp

BENCHMARKS: Mapping[str, Sequence[str]] = {
    "ingest batches": ("ingest", "batches"),
    "ingest batches, two workers": ("ingest", "batches", "--workers", "2"),
    "ingest batches, on the disk": ("ingest", "batches", "--events", "10000", "--sync-always"),
    "ingest singles": ("ingest", "singles"),
    "ingest singles, two workers": ("ingest", "singles", "--workers", "2"),
    "tracker": ("tracker",),
    "notifier": ("notifier",),
    "sms": ("sms",),
    "smpp": ("smpp",),
    "pushes": ("pushes",),
    "relay": ("relay",),
    "latency": ("latency", "--rates", "10,50,100,200", "--keep"),
    "pipeline": ("pipeline", "--sizes", "1,10,100,500", "--keep"),
    "scale": ("scale", "--sizes", "10000,100000", "--keep"),
    "queueing": ("queueing",),
    "streams": ("streams",),
    "scaling": ("scaling", "--keep"),
    "capacity": ("capacity",),
    "conversation": ("conversation", "--askers", "100", "--seconds", "20", "--pushes", "10"),
    "questions": ("questions",),
    "answer latency": ("answer_latency",),
    "metrics cost": ("metrics_cost",),
    "letters": ("letters",),
    "page": ("page",),
    "answering": ("answering",),
    "answered": ("answered",),
    "understanding": ("understanding", "--compare"),
}
ON_REQUEST: Mapping[str, Sequence[str]] = {"peer": ("peer",)}
"""What needs programs that are not this project's, and runs where it is named."""
PAGE, CAPACITY = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "capacity.md"
PAGES = {"capacity": CAPACITY}
"""Where a result stands that is not on the page of benchmarks."""


def run(name: str) -> tuple[bool, str]:
    """Run one; return whether it ended well, and what it printed."""
    module, *arguments = {**BENCHMARKS, **ON_REQUEST}[name]
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603 - our own modules
    return done.returncode == 0, done.stdout.strip()


def written(page: str, name: str, text: str) -> str:
    """Return the page with a text between the marks of this name, and of what it is.

    Raises ValueError where it has no such marks.
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    changed, count = re.subn(
        f"{re.escape(start)}.*?{re.escape(end)}",
        lambda _: f"{start}\n{text}\n\n*{stamp().capitalize()}.*\n{end}",
        page,
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"a page needs {start} and {end} once")
    return changed


def main() -> int:
    """Run them; return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = {**BENCHMARKS, **ON_REQUEST}
    parser.add_argument(
        "names", nargs="*", help=f"of {', '.join(known)}; none: all but {', '.join(ON_REQUEST)}"
    )
    parser.add_argument("--write", action="store_true", help="write the results into the pages")
    chosen = parser.parse_args()
    failed = 0
    for name in chosen.names or BENCHMARKS:
        if name not in known:
            parser.error(f"there is no benchmark {name!r}")
        print(f"\n## {name}\n", flush=True)
        well, printed = run(name)
        print(printed, flush=True)
        failed += not well
        if chosen.write and well:
            page = PAGES.get(name, PAGE)
            page.write_text(written(page.read_text(), name, printed))
    if chosen.write:
        versions = ", ".join(f"{part} {version}" for part, version in machine().items())
        PAGE.write_text(written(PAGE.read_text(), "machine", f"Measured on: {versions}."))
        draw(ROOT / "docs" / "pictures")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
