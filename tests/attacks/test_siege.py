"""The report about sieges, for seconds: the big brother is `python -m tests.benchmarks.siege`."""

import pytest

from tests.benchmarks.siege.__main__ import run
from tests.faults.harness import prepared

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]


async def test_a_siege_is_measured_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each attack is sent and answered, everybody else is measured beside it, and the books balance after."""
    names = ["long header", "wrong codes"]
    with prepared(monkeypatch):
        found = await run(names, 2.0)

    assert ["none", *names] == [one.name for one in found]
    assert [False, True, True] == [bool(one.answers) for one in found]
    assert {"431"} <= found[1].answers.keys()
    assert [[]] * 3 == [list(one.problems) for one in found]
    assert [(10, 4, 1)] * 3 == [
        (len(one.waits.posts), len(one.waits.helps), len(one.waits.codes)) for one in found
    ]
