"""What must hold around each fault of a server: events are accepted again in time, then everybody is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import asyncpg

from runtime.clock import SystemClock
from tests.faults.harness import Harness
from tests.faults.offered import Offer
from tests.waiting import until

CLOCK = SystemClock()
ACCEPTED_SECONDS = 15.0
TOLD_SECONDS = 60.0
UNTOLD = """
SELECT count(*) FROM tracker.notice WHERE ended_as IS NULL AND created_at < now() - make_interval(secs => $1)
"""


@dataclass
class Acceptance:
    """The longest time in seconds for which no event was accepted, so far."""

    longest: float = 0.0


@asynccontextmanager
async def watched(offer: Offer) -> AsyncIterator[Acceptance]:
    """Watch what is offered all the while."""
    found = Acceptance()

    async def watch() -> None:
        settled, since = offer.settled, CLOCK.monotonic()
        while True:
            await CLOCK.sleep(0.05)
            if offer.settled != settled:
                settled, since = offer.settled, CLOCK.monotonic()
            found.longest = max(found.longest, CLOCK.monotonic() - since)

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()


async def withstood(
    name: str,
    stack: Harness,
    offer: Offer,
    fault: Callable[[], Awaitable[float | None]],
    telling: Mapping[str, Callable[[], Awaitable[None]]],
) -> str | None:
    """Let one fault befall an installation under load; return what broke the promise, None where it held.

    `fault` returns for how many seconds nothing could be accepted by anybody; each of `telling` when somebody
    was told of something that happens now.
    """
    started = CLOCK.monotonic()
    async with watched(offer) as acceptance:
        away = await fault() or 0.0
        over = CLOCK.monotonic()
        earlier = partial(until, partial(_all_told, stack, over), within=TOLD_SECONDS, every=0.5)
        took = await _told({**telling, "notices of before": earlier})
    late = [one for one, seconds in took.items() if seconds is None]
    wrong = f"told too late: {', '.join(late)}" if late else None
    if acceptance.longest > away + ACCEPTED_SECONDS:
        wrong = f"no event was accepted for {acceptance.longest:.1f} s, of which {away:.1f} s nobody could"
    silent = f"no event accepted for {acceptance.longest:.1f} s at most ({away:.1f} s nobody could)"
    later = ", ".join(f"{one} {seconds:.1f} s" for one, seconds in took.items() if seconds is not None)
    stack.history.append(f"{name}: {over - started:.1f} s; {silent}; told: {later}; {wrong or 'held'}")
    return wrong


async def _told(telling: Mapping[str, Callable[[], Awaitable[object]]]) -> dict[str, float | None]:
    """Return how many seconds each took, None where it did not come in time; raises what one raises."""
    tasks = {name: asyncio.ensure_future(_timed(one)) for name, one in telling.items()}
    try:
        await asyncio.wait(tasks.values(), timeout=TOLD_SECONDS)
        return {name: task.result() if task.done() else None for name, task in tasks.items()}
    finally:
        for task in tasks.values():
            task.cancel()


async def _timed(one: Callable[[], Awaitable[object]]) -> float | None:
    started = CLOCK.monotonic()
    try:
        await one()
    except TimeoutError:
        return None
    return CLOCK.monotonic() - started


async def _all_told(stack: Harness, before: float) -> bool:
    """Tell whether no notice is open that was made before a time of the clock."""
    connection = await asyncpg.connect(stack.running.servers.admin)
    try:
        return not await connection.fetchval(UNTOLD, CLOCK.monotonic() - before)
    finally:
        await connection.close()
