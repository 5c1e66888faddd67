"""NATS and PostgreSQL away for a minute each while events are offered; the tool does it for longer."""

import pytest

from tests.faults.outage import withstand

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(600)]
SECONDS, RATE, PACE = 60.0, 500, 10.0


async def test_an_outage_under_load_costs_neither_memory_nor_cpu_nor_silence() -> None:
    """While a server is away each service keeps its bounds; afterwards all that was accepted took effect."""
    seen, wrong = await withstand(SECONDS, RATE, PACE)

    assert [] == wrong, "\n".join(line for one in seen for line in one.lines())
