import asyncio

import pytest

from tests.faults.evidence import collect, findings
from tests.faults.harness import harness, prepared

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
TAKEN = "SELECT count(*) FROM tracker.event"


@pytest.mark.parametrize("server", ["nats", "postgres"])
async def test_kill_9_of_a_server_costs_time_only(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """NATS or PostgreSQL killed with -9 comes back with all it acknowledged, and nothing is repeated."""
    with prepared(monkeypatch):
        async with harness(applications=40, citizens=30) as stack:
            async with asyncio.TaskGroup() as both:
                both.create_task(stack.play())
                await stack.until(TAKEN, 60)
                await stack.kill_server(server)
            books = await stack.books()
            evidence = await collect(stack)

    assert books.problems() == [], stack.history
    assert findings(evidence) == [], stack.history
