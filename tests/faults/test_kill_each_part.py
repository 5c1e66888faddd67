"""Each part is killed with -9 while the month plays, and nobody outside can tell."""

import asyncio

import pytest

from contracts.services import SERVICES
from tests.faults.evidence import collect, findings
from tests.faults.harness import harness, prepared

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
TAKEN = "SELECT count(*) FROM tracker.event"
TOLD = "SELECT count(*) FROM notifier.delivery WHERE kind = 'notice' AND state = 'accepted'"


async def test_kill_9_of_each_service_loses_nothing_and_repeats_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After kill -9 of each service each event has its effect and each notice its end, as promised."""
    with prepared(monkeypatch):
        async with harness(applications=80, citizens=60) as stack:
            async with asyncio.TaskGroup() as both:
                both.create_task(stack.play())
                for number, service in enumerate(SERVICES, start=1):
                    await stack.until(TOLD, 40 * number)
                    await stack.kill(service)
            books = await stack.books()
            evidence = await collect(stack)

    assert books.problems() == [], stack.history
    assert findings(evidence) == [], stack.history
    assert books.ends["accepted"] > 200


async def test_kill_9_of_each_server_costs_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """NATS and PostgreSQL killed with -9 come back with all they acknowledged, and nothing is repeated."""
    with prepared(monkeypatch):
        async with harness(applications=60, citizens=40) as stack:
            async with asyncio.TaskGroup() as both:
                both.create_task(stack.play())
                for number, server in enumerate(("nats", "postgres"), start=1):
                    await stack.until(TAKEN, 60 * number)
                    await stack.kill_server(server)
            books = await stack.books()
            evidence = await collect(stack)

    assert books.problems() == [], stack.history
    assert findings(evidence) == [], stack.history
