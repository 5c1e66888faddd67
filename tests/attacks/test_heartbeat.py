"""The heartbeat that other attack tests measure with."""

import time

from tests.attacks.heartbeat import Heartbeat


async def test_a_held_loop_is_measured() -> None:
    """Whoever holds the loop is found out, also where nothing is awaited before the end."""
    async with Heartbeat() as heart:
        time.sleep(0.06)  # noqa: ASYNC251  # the fault that is to be measured

    assert 0.05 < heart.longest
