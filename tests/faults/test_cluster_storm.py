"""Random faults on NATS in three and a PostgreSQL that fails over: servers, processes and lines at once."""

from collections.abc import Callable

import pytest

from tests.faults.rounds import play_rounds, seconds_of
from tests.faults.surroundings import HIGHLY_AVAILABLE

SECONDS = seconds_of(120)
ROUND_SECONDS = 120.0

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(SECONDS * 8 + 600)]


async def test_the_books_balance_after_faults_of_clusters(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is lost, copied beyond the promise or told to the wrong person; loops turn all the while."""
    await play_rounds((HIGHLY_AVAILABLE,), SECONDS, ROUND_SECONDS, monkeypatch, record_property, at_once=3)
