"""One owner of the account at a time: leases, take-overs and what a former owner can still do."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from runtime.database.lease import Lease
from services.notifier.delivery.sending.attempts import Claimed, Done
from services.notifier.delivery.sending.queue import LeaseLostError
from services.notifier.delivery.sending.sender import Sender
from services.notifier.domain import deliveries
from services.notifier.domain.results import Accepted
from tests.integration.notifier.world import CLOCK, QUICK, ROLE, World, notice
from tests.waiting import until


async def claim_one(world: World, lease: Lease) -> Claimed:
    assert lease.token is not None
    rows = await world.tools.queue.claim(lease.token, 1, urgency=2, resting=[])
    assert 1 == len(rows)
    return rows[0]


async def expire(world: World) -> None:
    await world.pool.execute("UPDATE lease SET expires_at = clock_timestamp()")


def accepted(claimed: Claimed) -> Done:
    result = Accepted("1")
    step = deliveries.step(result, claimed.flight, resend_after=1, backoff=float)
    return Done(claimed, result, step)


async def attempts(world: World, delivery: UUID) -> list[tuple[int, str | None]]:
    query = "SELECT token, result FROM attempt WHERE delivery_id = $1 ORDER BY number"
    return [(row["token"], row["result"]) for row in await world.pool.fetch(query, delivery)]


async def test_death_during_a_call_leaves_an_unknown_attempt(world: World) -> None:
    """What a dead owner was sending counts as perhaps sent: its successor resends it after the pause."""
    told = notice(await world.person("7"))
    world.channel.gates["7"] = asyncio.Event()
    await world.keep(told)
    async with world.sending(await world.lease("dead")) as task:
        await world.channel.began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    del world.channel.gates["7"]
    await expire(world)

    async with world.sending(await world.lease("successor")):
        await world.ended(told.notice_id)

    row = await world.row(told.notice_id)
    assert ("accepted", 2, 1) == (row["state"], row["attempts"], row["unknowns"])
    assert [(1, "unknown"), (2, "accepted")] == await attempts(world, told.notice_id)
    assert 2 == len(world.channel.sent)


async def test_a_stop_waits_for_the_call_in_the_air(world: World) -> None:
    """A sender that is asked to stop lets running calls finish and records their ends."""
    told, later = notice(await world.person("7")), notice(await world.person("8"))
    gate = world.channel.gates["7"] = asyncio.Event()
    await world.keep(told)
    lease = await world.lease()
    assert lease.token is not None
    stop = asyncio.Event()
    task = asyncio.ensure_future(Sender(world.paced(QUICK), lease, lease.token).run(stop))
    await world.channel.began.wait()

    stop.set()
    await world.keep(later)
    gate.set()
    await task

    assert ["accepted", "pending"] == [await world.state(one.notice_id) for one in (told, later)]


async def test_a_former_owner_changes_no_row(world: World) -> None:
    """With a token that is not the lease's any more nothing can be claimed and no end written."""
    told, other = notice(await world.person("7")), notice(await world.person("8"))
    await world.keep(told)
    former = await world.lease("former")
    assert former.token is not None
    row = await claim_one(world, former)
    await world.keep(other)
    await expire(world)
    await world.lease("owner")

    with pytest.raises(LeaseLostError):
        await world.tools.queue.record(former.token, [accepted(row)])
    claimed = await world.tools.queue.claim(former.token, 9, urgency=2, resting=[])

    assert [] == claimed
    assert ["sending", "pending"] == [await world.state(one.notice_id) for one in (told, other)]
    assert [(1, None)] == await attempts(world, told.notice_id)
    assert {} == await world.reports()


async def test_a_late_end_of_an_earlier_attempt_is_void(world: World) -> None:
    """Even under the right token an end is written only for the attempt that is in the air."""
    told = notice(await world.person("7"))
    await world.keep(told)
    lease = await world.lease()
    assert lease.token is not None
    first = await claim_one(world, lease)
    await world.pool.execute("UPDATE delivery SET attempts = attempts + 1")

    await world.tools.queue.record(lease.token, [accepted(first)])

    assert "sending" == await world.state(told.notice_id)


async def test_no_call_without_the_lease(world: World) -> None:
    """The sender looks at its lease just before the call, and says nothing of a call that it did not make."""
    told = notice(await world.person("7"))
    await world.keep(told)
    lease = await world.lease()
    assert lease.token is not None
    sender = Sender(world.paced(QUICK), lease, lease.token)
    row = await claim_one(world, lease)
    await lease.release()

    result = await sender._caller.call(row)

    assert result is None
    assert [] == world.channel.sent


async def test_a_claim_whose_answer_was_lost_is_taken_up(world: World) -> None:
    """A delivery claimed under our own token that nobody sends goes out, once, and not as a resend."""
    told = notice(await world.person("7"))
    await world.keep(told)
    lease = await world.lease()
    await claim_one(world, lease)

    async with world.sending(lease):
        await world.ended(told.notice_id)

    row = await world.row(told.notice_id)
    assert ("accepted", 2, 0) == (row["state"], row["attempts"], row["unknowns"])
    assert 1 == len(world.channel.sent)


async def test_two_processes_never_both_send(world: World) -> None:
    """Of two processes one sends everything, and when it lets go the other takes over: each notice once."""
    people = [await world.person(str(number)) for number in range(20)]
    stops = [asyncio.Event(), asyncio.Event()]
    leases = [Lease(world.pool, CLOCK, ROLE, f"process {number}", term=2) for number in range(2)]
    tenures: list[int] = []

    def office(number: int) -> asyncio.Task[None]:
        async def serve() -> None:
            token = leases[number].token
            assert token is not None
            tenures.append(token)
            tools = replace(world.paced(QUICK), wake=asyncio.Event())
            await Sender(tools, leases[number], token).run(stops[number])

        return asyncio.create_task(leases[number].while_held(serve, stops[number]))

    tasks = [office(0), office(1)]
    first = [notice(person) for person in people]
    await world.keep(*first)
    await world.ended(*(one.notice_id for one in first))
    holding = next(number for number in range(2) if leases[number].token is not None)
    stops[holding].set()
    await tasks[holding]
    second = [notice(person) for person in people]
    await world.keep(*second)
    await world.ended(*(one.notice_id for one in second))
    stops[1 - holding].set()
    await asyncio.gather(*tasks)

    assert [1, 2] == tenures
    assert 40 == len(world.channel.sent)
    tokens = [row["token"] for row in await world.pool.fetch("SELECT token FROM attempt ORDER BY started_at")]
    assert [1] * 20 + [2] * 20 == tokens


async def test_an_owner_that_lost_its_lease_ends_its_tenure(world: World) -> None:
    """A sender that finds its token replaced stops by itself."""
    person = await world.person("7")
    lease = await world.lease("former")

    async with world.sending(lease) as task:
        await expire(world)
        await world.lease("owner")
        gate = world.channel.gates["7"] = asyncio.Event()
        gate.set()
        await world.keep(notice(person))
        await until(lambda: _waits(world))
        lease._token = None
        await asyncio.wait_for(task, 5)

    assert [] == world.channel.sent


async def _waits(world: World) -> bool:
    return bool(await world.pool.fetchval("SELECT count(*) = 1 FROM delivery WHERE state = 'pending'"))
