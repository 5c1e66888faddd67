"""A long file whose publishing is killed twice: the small brother of `tests/benchmarks/million.py`."""

import pytest

from tests.benchmarks.million import PROCESSES, run
from tests.faults.harness import prepared

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(180)]
LINES = 5_000
ROOM = 40.0
"""How many MiB a process may need more for the second half of a file than for the first."""


async def test_a_file_killed_twice_is_published_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stream and tracker hold each event once; memory of client and services does not follow the length."""
    with prepared(monkeypatch) as home:
        found = await run(home, LINES, batch=200)

    assert (2, True) == (found.kills, found.once()), found
    assert found.report["resumed_after"] >= LINES * 2 // 3
    assert LINES <= found.report["accepted"] + found.report["duplicates"]
    for process in PROCESSES:
        assert found.peak(process, 0.5, 1.0) < found.peak(process, 0.0, 0.5) + ROOM, (process, found.looks)
