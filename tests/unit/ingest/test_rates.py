"""Rates: what a key may send, and that doubt refuses."""

import pytest

from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from services.ingest.keys import rates as module
from services.ingest.keys.rates import Rates
from services.ingest.web.problems import ProblemError, render


class Standing(SystemClock):
    """A clock whose seconds stand still."""

    def monotonic(self) -> float:
        """Return the same moment."""
        return 0.0


def test_a_full_memory_lets_nobody_new_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more callers can be told apart the answer is 429, and those known go on."""
    monkeypatch.setattr(module, "_MOST_PUBLISHERS", 2)
    rates, known = Rates(1.0, Standing()), [Publisher("one"), Publisher("two")]
    for key in known:
        rates.admit(key)

    with pytest.raises(ProblemError) as caught:
        rates.admit(Publisher("three"))

    assert (429, "10") == (caught.value.status, caught.value.headers["Retry-After"])
    rates.admit(known[0])


@pytest.mark.parametrize("status", [429, 503])
def test_whoever_is_to_come_again_is_told_when(status: int) -> None:
    """Every 429 and 503 has `Retry-After`, also where nobody thought of it."""
    assert "5" == render(ProblemError(status, "later")).headers["Retry-After"]
