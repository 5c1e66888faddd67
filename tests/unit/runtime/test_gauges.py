"""How seldom gauges are looked at."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from runtime.clock import SystemClock
from runtime.database.gauges import SHARE, Pace, keep

SECONDS = st.floats(min_value=0, max_value=1e6)


@given(took=SECONDS, least=SECONDS, more=SECONDS)
def test_a_rest_is_within_its_bounds_and_long_after_a_long_look(
    took: float, least: float, more: float
) -> None:
    """Looks take their share of the time at most, unless the longest rest is too short for that."""
    rest = Pace(least, least + more).rest(took)

    assert least <= rest <= least + more
    assert rest == least + more or took <= rest * SHARE * 1.000001


async def test_a_database_that_is_away_is_looked_at_again() -> None:
    """A look that met a passing error is repeated after the shortest rest, and stopping ends the rest."""
    stop, looks = asyncio.Event(), 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise TimeoutError
        stop.set()

    async with asyncio.timeout(10):
        await keep(look, Pace(0.01, 3600), clock=SystemClock(), stop=stop)

    assert 2 == looks
