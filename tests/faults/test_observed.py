"""What operators see of a whole installation under load and under faults, and what nobody may see."""

import asyncio

import pytest

from deploy.grafana.boards import BOARDS
from runtime.clock import SystemClock
from tests.faults.asking import ask_again, ended, look_again
from tests.faults.harness import harness, prepared
from tests.faults.prometheus import Prometheus, prometheus
from tests.faults.secrecy import block, feed, leaks

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
PATIENCE_SECONDS = 60.0
TAKEN = "SELECT count(*) FROM tracker.event"
UNASKED = (
    *("desk_promises_total", "desk_ratings_total", "desk_content_share"),
    *("desk_first_answer_seconds", "desk_handling_seconds"),
    "notifier_invitations",
)
"""Shares and times of what people ask and are answered: here nobody asks again and again, nor does any
office of the sample invite only so many a day."""
QUERIES = {
    f"{board.uid}: {panel.title}: {query.legend}": query.expr
    for board in BOARDS
    for panel in board.panels
    for query in panel.queries
    if not any(one in query.expr for one in UNASKED)
}


async def test_every_panel_has_data_and_no_secret_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each panel's query returns numbers, and no log at any level, stream or table holds what it must not."""
    monkeypatch.setenv("DOCWATCH_LOG_LEVEL", "DEBUG")
    with prepared(monkeypatch) as home:
        async with harness() as stack:
            phone, page = stack.running.addresses.phone, stack.settings.edge_url
            assert phone is not None
            assert page is not None
            targets = [url.removeprefix("http://") for url in stack.running.addresses.ops.values()]
            async with prometheus(home / "prometheus", targets) as server:
                await _scraped(server, len(targets))
                await block(stack)
                async with asyncio.TaskGroup() as both:
                    both.create_task(stack.play())
                    people = [both.create_task(one) for one in (ask_again(phone), look_again(page))]
                    await feed(stack)
                    empty = await _empty(server)
                    await ended(*people)
                    for name in ("nats", "postgres"):
                        await stack.kill_server(name)
            books = await stack.books()
            told = await leaks(stack)

    assert {} == empty
    assert [] == told
    assert books.problems() == []


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
            # An account that nobody uses has a share of nothing, which is no number.
            if any(value == value for value in values):  # noqa: PLR0124 - NaN differs from itself
                del left[name]
        await SystemClock().sleep(0.5)
    return left
