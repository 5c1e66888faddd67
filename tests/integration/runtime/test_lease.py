import asyncio
from collections.abc import AsyncIterator

import pytest

from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.postgres import Pool, open_pool
from tests.conftest import Databases


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    async with open_pool(databases.url("notifier"), "notifier") as found:
        yield found


def lease(pool: Pool, holder: str, term: float = 8.0) -> Lease:
    return Lease(pool, SystemClock(), "role", holder, term=term)


async def test_only_one_holder_at_a_time(pool: Pool) -> None:
    """Of many who try at once exactly one gets the role."""
    tokens = await asyncio.gather(*(lease(pool, f"holder {number}").acquire() for number in range(8)))

    assert sorted(tokens, key=str) == [1, *[None] * 7]


async def test_a_released_role_is_free_at_once_under_a_higher_token(pool: Pool) -> None:
    """Who lets go frees the role, and the next token is higher."""
    first, second = lease(pool, "first"), lease(pool, "second")
    before = await first.acquire()
    await first.release()
    after = await second.acquire()

    assert (before, after) == (1, 2)
    assert first.token is None


async def test_a_token_is_higher_than_those_of_all_roles_before_it(pool: Pool) -> None:
    """A role that is new, and one that comes back, get tokens that no role had before."""
    first, other = lease(pool, "first"), Lease(pool, SystemClock(), "other", "second", term=8.0)
    tokens = [await first.acquire(), await other.acquire()]
    await first.release()
    tokens.append(await first.acquire())

    assert [1, 2, 3] == tokens


async def test_an_expired_holder_cannot_renew(pool: Pool) -> None:
    """Who let the term pass has lost the role, even where nobody took it over."""
    first = lease(pool, "first", term=0.05)
    await first.acquire()
    await pool.execute("SELECT pg_sleep(0.1)")

    assert first.token is None
    assert await first.renew() is False


async def test_work_runs_while_the_role_is_held_and_passes_on(pool: Pool) -> None:
    """A standby starts to work when the owner ends, and both let go when told to stop."""
    stop, first_works, first_ends, second_works = (asyncio.Event() for _ in range(4))

    async def first_work() -> None:
        first_works.set()
        await first_ends.wait()

    async def second_work() -> None:
        second_works.set()
        await stop.wait()

    first = asyncio.create_task(lease(pool, "first").while_held(first_work, stop))
    await first_works.wait()
    second = asyncio.create_task(lease(pool, "second").while_held(second_work, stop))
    first_ends.set()
    await asyncio.wait_for(second_works.wait(), 15)
    stop.set()
    await asyncio.wait_for(asyncio.gather(first, second), 5)

    assert await lease(pool, "third").acquire() is not None
