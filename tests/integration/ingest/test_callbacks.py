"""Callbacks: outcomes posted and signed, in the feed's order, at least once, to receivers of every kind."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import pytest
from aiohttp import web

from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from services.ingest.callbacks import delivery as worker
from services.ingest.callbacks.delivery import ROLE
from services.ingest.callbacks.store import CallbackAdmin, CallbackStore, Fence
from services.ingest.domain import callbacks as rules
from services.ingest.domain.callbacks import Advance, Delivered, Gone, Stop
from services.ingest.domain.cursors import BEGINNING, decode
from tests.integration.ingest.receiving import (
    Answer,
    delivering,
    fine,
    happen,
    pass_by,
    receiving,
    row,
    secret,
    status,
    subscribe,
)
from tests.waiting import until

A, B = Publisher("registry"), Publisher("passports")
MANY = [f"e-{number}" for number in range(250)]
SOON = timedelta(hours=2)


async def rested(pool: Pool) -> tuple[str, str]:
    """Return state and reason once the callback is not active any more."""

    async def state() -> tuple[str, str] | None:
        found = await row(pool, A)
        return None if found["state"] == "active" else (found["state"], found["reason"])

    return await until(state)


async def ended(pool: Pool) -> tuple[str, int | None]:
    """Return result and status once an attempt has ended."""

    async def found() -> tuple[str, int | None] | None:
        one = await row(pool, A)
        return (one["last_result"], one["last_status"]) if one["last_at"] else None

    return await until(found)


async def test_outcomes_are_posted_signed_and_in_order(pool: Pool) -> None:
    """A receiver gets all of its publisher's outcomes, each once, in pages as the feed has them."""
    await happen(pool, A, MANY[:150])
    await happen(pool, B, ["not yours"])

    async with receiving(secret(A)) as office, delivering(pool):
        await subscribe(pool, A, office.url)
        await office.until_events(MANY[:150])
        await happen(pool, A, MANY[150:])
        await office.until_events(MANY)

    assert MANY == office.events
    assert [100, 50] == [len(one.events) for one in office.deliveries[:2]]
    first = office.deliveries[0].body
    assert ("docwatch.outcomes.v1", "advance") == (first["type"], first["data"]["outcomes"][0]["effect"])
    assert first["data"]["outcomes"][-1]["cursor"] == first["data"]["next"]


async def test_what_was_not_taken_comes_again_the_same(pool: Pool) -> None:
    """After a failure the identical message comes under the same id, and what is newer waits behind it."""
    async with receiving(secret(A), answers=[status(500)]) as office, delivering(pool):
        await subscribe(pool, A, office.url)
        await happen(pool, A, ["e-1"])
        assert ("status", 500) == await ended(pool)
        await happen(pool, A, ["e-2"])
        await pass_by(pool, A, SOON)
        await office.until(3)

    first, second, third = office.deliveries
    assert (first.message_id, first.raw) == (second.message_id, second.raw)
    assert third.message_id != first.message_id
    assert ["e-1", "e-1", "e-2"] == office.events


async def test_who_is_gone_is_left_alone(pool: Pool) -> None:
    """410 disables at once; enabled again the callback goes on where it stood."""
    async with receiving(secret(A), answers=[status(410)]) as office, delivering(pool):
        await subscribe(pool, A, office.url)
        await happen(pool, A, ["e-1"])
        stopped = await rested(pool)
        await CallbackAdmin(pool).enable(A, SystemClock().now())
        await office.until(2)

    assert ("disabled", "gone") == stopped
    assert office.deliveries[0].message_id == office.deliveries[1].message_id


async def test_after_a_day_a_callback_rests_until_it_is_enabled(pool: Pool) -> None:
    """A receiver that fails for a day is paused and loses nothing."""
    async with receiving(secret(A), usual=status(503)) as office, delivering(pool) as metrics:
        await subscribe(pool, A, office.url)
        await happen(pool, A, ["e-1"])
        await ended(pool)
        await pass_by(pool, A, timedelta(days=1))
        stopped = await rested(pool)
        office.usual = fine
        await CallbackAdmin(pool).enable(A, SystemClock().now())
        await office.until(3)

    assert ("paused", "exhausted") == stopped
    assert 1 == len({one.message_id for one in office.deliveries})
    assert 2 == metrics.registry.get_sample_value("docwatch_ingest_callbacks_total", {"result": "status"})


async def test_a_callback_that_stopped_is_told_of(pool: Pool) -> None:
    """Which callbacks rest, and how long each other one has waited, is in the metrics of who delivers."""
    await subscribe(pool, A, "http://127.0.0.1:9/")
    await subscribe(pool, B, "http://127.0.0.1:9/")
    await pool.execute("UPDATE callback SET state = 'disabled', reason = 'gone' WHERE publisher = $1", A)
    await pool.execute("UPDATE callback SET due_at = now() + interval '1 hour'")
    await happen(pool, B, ["e-1"])
    await pool.execute("UPDATE outcome SET stored_at = now() - interval '1 hour'")

    async with delivering(pool) as metrics:
        ask = metrics.registry.get_sample_value

        async def told() -> float | None:
            return ask("docwatch_ingest_callback_stopped", {"publisher": A, "why": "gone"})

        assert 1 == await until(told)
        age = ask("docwatch_ingest_callback_oldest_seconds", {"publisher": B})

    assert age is not None
    assert 3600 == pytest.approx(age, abs=60)
    assert ask("docwatch_ingest_callback_oldest_seconds", {"publisher": A}) is None


async def test_a_slow_receiver_delays_nobody_else(pool: Pool) -> None:
    """While one receiver holds its answer back, another gets everything."""
    held = asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        await held.wait()
        return web.Response()

    async with receiving(secret(A), usual=slow) as dead, receiving(secret(B)) as quick, delivering(pool):
        await subscribe(pool, A, dead.url)
        await subscribe(pool, B, quick.url)
        await happen(pool, A, ["e-1"])
        await dead.until(1)
        await happen(pool, B, MANY)
        await quick.until_events(MANY)
        unanswered = (await row(pool, A))["last_at"] is None
        held.set()

    assert (1, MANY) == (len(dead.deliveries), quick.events)
    assert unanswered


async def test_for_some_days_both_secrets_sign(pool: Pool) -> None:
    """After a rotation the old and the new secret verify; once the overlap is over only the new one signs."""
    fresh = b"\x02" * 16
    secrets = (secret(A), secret(A, fresh))
    async with receiving(*secrets) as office, delivering(pool):
        await subscribe(pool, A, office.url)
        await CallbackAdmin(pool).rotate(A, fresh, SystemClock().now() + timedelta(days=7))
        await happen(pool, A, ["e-1"])
        await office.until(1)
        office.secrets = secrets[1:]
        await pass_by(pool, A, timedelta(days=8))
        await happen(pool, A, ["e-2"])
        await office.until(2)

    assert [2, 1] == [one.signatures for one in office.deliveries]


async def test_a_replay_goes_back_to_a_cursor(pool: Pool) -> None:
    """Everything behind the cursor comes again, in order, in messages with other ids."""
    async with receiving(secret(A)) as office, delivering(pool):
        await subscribe(pool, A, office.url)
        await happen(pool, A, ["e-1", "e-2", "e-3"])
        [first] = await office.until(1)
        place = decode(first.body["data"]["outcomes"][0]["cursor"])
        assert place is not None
        await ended(pool)
        await CallbackAdmin(pool).replay(A, place, SystemClock().now())
        await office.until(2)

    assert ["e-2", "e-3"] == office.events[3:]
    assert first.message_id != office.deliveries[1].message_id


async def test_an_operator_is_not_overruled_by_what_is_on_its_way(pool: Pool) -> None:
    """A replay or a disabling during a request stands, however the request ends."""
    asked, held = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        asked.set()
        await held.wait()
        return web.Response(status=410)

    async with receiving(secret(A), usual=slow) as office, delivering(pool):
        await subscribe(pool, A, office.url)
        await happen(pool, A, ["e-1"])
        await asked.wait()
        await CallbackAdmin(pool).disable(A, SystemClock().now())
        held.set()
        assert ("gone", 410) == await ended(pool)

    assert ("disabled", "operator") == await rested(pool)


async def redirect(_: web.Request) -> web.StreamResponse:
    """Lead elsewhere."""
    return web.Response(status=307, headers={"Location": "/hook"})


async def endless(request: web.Request) -> web.StreamResponse:
    """Answer without end."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


async def silent(_: web.Request) -> web.StreamResponse:
    """Answer nothing."""
    await asyncio.Event().wait()
    return web.Response()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(redirect, ("status", 307)), (endless, ("delivered", 200)), (silent, ("time-out", None))],
)
async def test_a_strange_receiver_costs_one_bounded_attempt(
    pool: Pool, answer: Answer, expected: tuple[str, int | None]
) -> None:
    """No redirect is followed, no answer without end is read, no silence is waited out."""
    async with receiving(secret(A), usual=answer) as office, delivering(pool, wait=0.5):
        await subscribe(pool, A, office.url)
        await happen(pool, A, ["e-1"])
        found = await ended(pool)

    assert (expected, 1) == (found, len(office.deliveries))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_nothing_inside_is_reached_unless_it_is_allowed(pool: Pool, host: str) -> None:
    """A loopback address, given as such or under a name, is refused before anything is sent."""
    async with receiving(secret(A)) as office, delivering(pool, private=False):
        await subscribe(pool, A, office.url.replace("127.0.0.1", host))
        await happen(pool, A, ["e-1"])
        found = await ended(pool)

    assert (("forbidden", None), []) == (found, office.deliveries)


async def test_a_receiver_that_is_not_there_is_waited_for(pool: Pool) -> None:
    """A refused connection is a failure like any other."""
    async with receiving(secret(A)) as office:
        pass
    async with delivering(pool):
        await subscribe(pool, A, office.url)
        await happen(pool, A, ["e-1"])
        found = await ended(pool)

    assert ("unreachable", None) == found


async def test_what_was_purged_unsent_is_not_passed_over(pool: Pool) -> None:
    """A callback whose next outcomes are gone rests until an operator says where to go on."""
    await happen(pool, A, ["e-1", "e-2"])
    await pool.execute("DELETE FROM outcome WHERE event_id = 'e-1'")
    await pool.execute("INSERT INTO outcome_purged SELECT $1, epoch, 1 FROM feed", A)

    async with receiving(secret(A)) as office, delivering(pool):
        await subscribe(pool, A, office.url, BEGINNING)
        stopped = await rested(pool)

    assert (("paused", "purged"), []) == (stopped, office.deliveries)


async def test_who_lost_the_lease_changes_nothing(pool: Pool) -> None:
    """A holder that was taken over neither begins an attempt nor records how one ended."""
    await happen(pool, A, ["e-1"])
    await subscribe(pool, A, "http://127.0.0.1:9/")
    store, lease, now = CallbackStore(pool), Lease(pool, SystemClock(), ROLE, "one"), SystemClock().now()
    token = await lease.acquire()
    assert token is not None
    attempt = await store.begin(A, 10, now, Fence(ROLE, token))
    assert attempt is not None
    before = await row(pool, A)

    await pool.execute("UPDATE lease SET token = token + 1")
    ended = [
        await store.end(attempt, Delivered(200), Advance(), now, Fence(ROLE, token)),
        await store.end(attempt, Gone(), Stop("disabled", "gone"), now, Fence(ROLE, token)),
        await store.begin(A, 10, now, Fence(ROLE, token)),
    ]

    assert ([False, False, None], before) == (ended, await row(pool, A))


async def test_an_end_is_recorded_for_its_own_message_only(pool: Pool) -> None:
    """The late answer to a message from before a replay does not move the message that is on its way now."""
    await happen(pool, A, ["e-1"])
    await subscribe(pool, A, "http://127.0.0.1:9/")
    store, lease, now = CallbackStore(pool), Lease(pool, SystemClock(), ROLE, "one"), SystemClock().now()
    token = await lease.acquire()
    assert token is not None
    fence = Fence(ROLE, token)
    before = await store.begin(A, 10, now, fence)
    await CallbackAdmin(pool).replay(A, BEGINNING, now)
    after = await store.begin(A, 10, now, fence)
    assert before is not None
    assert after is not None

    kept = [await store.end(one, Delivered(200), Advance(), now, fence) for one in (before, after)]

    assert [False, True] == kept


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_each_outcome_comes_in_order(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Killed processes and a receiver that fails at random make copies, never gaps or another order."""
    wanted = MANY[:100]
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    monkeypatch.setattr(rules, "FIRST_PAUSE", timedelta(milliseconds=1))
    monkeypatch.setattr(worker, "SIZE", 7)

    async def moody(_: web.Request) -> web.StreamResponse:
        return web.Response(status=chance.choice((200, 200, 204, 500, 302)))

    async def lives(name: str) -> None:
        while len(set(office.events)) < len(wanted):
            async with delivering(pool, name, killed=True):
                with suppress(TimeoutError):
                    await office.until_events(wanted, chance.uniform(0.05, 0.4))

    async with receiving(secret(A), usual=moody) as office, asyncio.timeout(60):
        await subscribe(pool, A, office.url)
        await happen(pool, A, wanted)
        await asyncio.gather(lives("one"), lives("two"))

    assert wanted == list(dict.fromkeys(office.events))
    bodies = {(one.message_id, one.raw) for one in office.deliveries}
    assert len(bodies) == len({message_id for message_id, _ in bodies})
