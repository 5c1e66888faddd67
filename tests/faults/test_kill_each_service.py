import asyncio

import pytest

from tests.faults.evidence import collect, findings
from tests.faults.harness import harness, prepared

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
TOLD = "SELECT count(*) FROM notifier.delivery WHERE kind = 'notice' AND state = 'accepted'"


@pytest.mark.parametrize("service", ["ingest", "tracker", "notifier"])
async def test_kill_9_in_the_middle_loses_nothing_and_repeats_nothing(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After kill -9 of a service each event has its effect and each notice its end, as promised."""
    with prepared(monkeypatch):
        async with harness() as stack:
            async with asyncio.TaskGroup() as both:
                both.create_task(stack.play())
                for told in (20, 80):
                    await stack.until(TOLD, told)
                    await stack.kill(service)
            books = await stack.books()
            evidence = await collect(stack)

    assert books.problems() == [], stack.history
    assert findings(evidence) == [], stack.history
    assert books.ends["accepted"] > 150
