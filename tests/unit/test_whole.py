"""What `make test` says at its end."""

from collections import Counter
from pathlib import Path

import pytest

from tests.whole import CURES, PARTS, run, told

TESTS = """
import pytest

@pytest.mark.skipif(True, reason="nginx is not installed")
@pytest.mark.parametrize("number", range(3))
def test_one(number):
    pass

def test_two():
    pytest.skip('only root may "mount" <here>')

@pytest.mark.xfail
def test_three():
    assert False

def test_four():
    assert {fit}
"""


def part(folder: Path, *, fit: bool) -> list[str]:
    """Write a few tests and return the arguments that run them."""
    path = folder / f"test_{fit}.py"
    path.write_text(TESTS.format(fit=fit))
    return ["-q", "-p", "no:cacheprovider", f"--rootdir={folder}", "-c", "/dev/null", str(path)]


def test_skips_of_all_parts_are_counted(tmp_path: Path) -> None:
    """Each reason is counted over the parts that ran, and a test that may fail is none."""
    fit = part(tmp_path, fit=True)

    assert (0, Counter({"nginx is not installed": 6, 'only root may "mount" <here>': 2})) == run([fit, fit])


@pytest.mark.parametrize(("arguments", "status"), [([], 1), (["--no-such-option"], 4), (["-k", "none"], 5)])
def test_the_status_is_that_of_pytest(tmp_path: Path, arguments: list[str], status: int) -> None:
    """A part that fails gives its status, and no other part runs after it."""
    failing = [*part(tmp_path, fit=False), *arguments]
    found, skipped = run([failing, part(tmp_path, fit=True)])

    assert status == found
    assert {1: 4, 4: 0, 5: 0}[status] == skipped.total()


def test_each_reason_has_its_line() -> None:
    """The most frequent first, with what to install where something is not installed."""
    found = told(Counter({"only root may": 1, "nginx is not installed": 3, "x is not installed": 2}))

    assert [
        "6 tests were skipped:",
        f"    3  nginx is not installed: {CURES['nginx']}",
        "    2  x is not installed",
        "    1  only root may",
    ] == found
    assert ["no test was skipped"] == told(Counter())
    assert "1 test was skipped:" == told(Counter({"x": 1}))[0]


def test_each_part_is_everything_that_is_not_long() -> None:
    """The two parts together are all tests but the long ones, and those of faults run by themselves."""
    marks = [part[part.index("-m") + 1] for part in PARTS]

    assert ["not faults and not long", "faults and not long"] == marks
