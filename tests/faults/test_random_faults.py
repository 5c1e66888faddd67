"""Random faults while a month is played: the books balance, whatever happened."""

from collections.abc import Callable

import pytest

from tests.faults.rounds import play_rounds, seconds_of
from tests.faults.surroundings import KINDS

SECONDS = seconds_of(45)
ROUND_SECONDS = 60.0

pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS * 6 + 300)]


async def test_the_books_balance_after_random_faults(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is lost, copied beyond the promise or told to the wrong person; loops turn all the while."""
    await play_rounds(KINDS, SECONDS, ROUND_SECONDS, monkeypatch, record_property)
