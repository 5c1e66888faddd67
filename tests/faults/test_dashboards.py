"""What operators look at, on a real Prometheus that scrapes the real services under load."""

import asyncio

import pytest

from deploy.grafana.boards import BOARDS
from runtime.clock import SystemClock
from tests.faults.harness import harness, prepared
from tests.faults.prometheus import Prometheus, prometheus

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
PATIENCE_SECONDS = 60.0
QUERIES = {
    f"{board.uid}: {panel.title}: {query.legend}": query.expr
    for board in BOARDS
    for panel in board.panels
    for query in panel.queries
}


async def test_every_panel_has_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each panel's query, as the dashboards hold it, returns numbers while a month is played."""
    with prepared(monkeypatch) as home:
        async with harness() as stack:
            targets = [url.removeprefix("http://") for _, url in stack.running.addresses.services()]
            async with prometheus(home / "prometheus", targets) as server:
                await _scraped(server, len(targets))
                await stack.play()
                empty = await _empty(server)

    assert {} == empty


async def _scraped(server: Prometheus, count: int) -> None:
    """Wait until every service was scraped, so that rates see what comes after."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while sum(await server.ask('up{job="docwatch"}')) < count:
            await SystemClock().sleep(0.2)


async def _empty(server: Prometheus) -> dict[str, str]:
    """Return the queries that have no number in good time."""
    deadline = SystemClock().monotonic() + PATIENCE_SECONDS
    left = dict(QUERIES)
    while left and SystemClock().monotonic() < deadline:
        for name, expr in list(left.items()):
            values = await server.ask(expr)
            if values and all(value == value for value in values):  # noqa: PLR0124 - NaN differs from itself
                del left[name]
        await SystemClock().sleep(0.5)
    return left
