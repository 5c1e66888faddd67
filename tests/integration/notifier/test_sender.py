"""Sending from the table: ends, order, retries and what a citizen may see more than once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contracts.messages.delivery import DeliveryEnd
from services.notifier.delivery.sending.claiming import Pace
from services.notifier.domain.pacing.circuit_breaker import Terms
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.integration.notifier.world import AGES_AGO, QUICK, World, notice
from tests.waiting import until


async def test_an_accepted_notice_ends_and_is_reported(world: World) -> None:
    """A notice that the messenger takes ends as accepted, with its attempt on record and a report."""
    told = notice(await world.person("7"))
    await world.keep(told)

    async with world.sending(await world.lease()):
        await world.ended(told.notice_id)

    row = await world.row(told.notice_id)
    report = (await world.reports())[told.notice_id]
    attempt = await world.pool.fetchrow("SELECT * FROM attempt")
    assert ("accepted", "1", 1, None) == (
        row["state"],
        row["message_reference"],
        row["attempts"],
        row["token"],
    )
    assert (DeliveryEnd.ACCEPTED, 1, row["ended_at"]) == (report.status, report.attempts, report.at)
    assert attempt is not None
    assert ("accepted", True) == (attempt["result"], attempt["finished_at"] is not None)
    assert [("7", "verification 1 en")] == [(to, message.shown) for to, message in world.channel.sent]


async def test_an_unknown_outcome_is_resent_at_most_twice(world: World) -> None:
    """After three attempts of unknown outcome a notice ends unknown: a citizen sees at most three copies."""
    told = notice(await world.person("7"))
    world.channel.scripts["7"] = [Unknown("reset")] * 9
    await world.keep(told)

    async with world.sending(await world.lease()):
        await world.ended(told.notice_id)

    row = await world.row(told.notice_id)
    assert ("unknown", 3, 3) == (row["state"], row["attempts"], row["unknowns"])
    assert 3 == len(world.channel.sent)
    assert DeliveryEnd.UNKNOWN == (await world.reports())[told.notice_id].status


async def test_resends_keep_their_distance(world: World) -> None:
    """A message of unknown fate goes out again only after the promised pause."""
    told = notice(await world.person("7"))
    world.channel.scripts["7"] = [Unknown("reset")]
    await world.keep(told)

    async with world.sending(await world.lease(), replace(QUICK, resend_after=0.4)):
        await world.ended(told.notice_id)

    started = [row["started_at"] for row in await world.pool.fetch("SELECT * FROM attempt ORDER BY number")]
    assert 2 == len(started)
    assert (started[1] - started[0]).total_seconds() >= 0.4


async def test_an_overtaken_unknown_is_not_resent(world: World) -> None:
    """Once a newer notice of the subscription was attempted, an unknown one ends and never goes out again."""
    person, subscription = await world.person("7"), uuid4()
    old, new = (notice(person, subscription=subscription, revision=number) for number in (1, 2))
    world.channel.scripts["7"] = [Unknown("reset")]
    await world.keep(old, new)

    async with world.sending(await world.lease(), replace(QUICK, resend_after=0.3)):
        await world.ended(old.notice_id, new.notice_id)

    ends = [await world.state(one.notice_id) for one in (old, new)]
    assert ["unknown", "accepted"] == ends
    assert ["verification 1 en", "verification 2 en"] == world.channel.texts("7")


async def test_an_overtaken_unknown_ends_with_the_newer_attempt(world: World) -> None:
    """Whoever claims a newer notice ends the unknown ones before it at once, without waiting for a sweep."""
    person, subscription = await world.person("7"), uuid4()
    old, new = (notice(person, subscription=subscription, revision=number) for number in (1, 2))
    world.channel.scripts["7"] = [Unknown("reset")]
    world.channel.gates["7"] = asyncio.Event()
    await world.keep(old)

    async with world.sending(await world.lease(), replace(QUICK, resend_after=60, sweep_every=60)):
        await world.channel.began.wait()
        await world.keep(new)
        world.channel.gates["7"].set()
        await world.ended(old.notice_id, new.notice_id)

    assert ["unknown", "accepted"] == [await world.state(one.notice_id) for one in (old, new)]


async def test_an_older_notice_that_comes_late_is_superseded(world: World) -> None:
    """An older stage is never sent after a newer one, in whatever order they arrive."""
    person, subscription = await world.person("7"), uuid4()
    old, new = (notice(person, subscription=subscription, revision=number) for number in (1, 2))

    async with world.sending(await world.lease()):
        await world.keep(new)
        await world.ended(new.notice_id)
        await world.keep(old)
        await world.ended(old.notice_id)

    assert "superseded" == await world.state(old.notice_id)
    assert ["verification 2 en"] == world.channel.texts("7")


async def test_notices_of_a_subscription_go_out_in_the_order_of_revisions(world: World) -> None:
    """Whatever order they came in, notices that wait go out oldest first, each in a place its like had."""
    person, subscription = await world.person("7"), uuid4()
    told = [notice(person, subscription=subscription, revision=number) for number in range(1, 5)]
    other = notice(person, revision=9)
    await world.keep(told[2], told[0])
    await world.keep(other, told[3], told[1])

    async with world.sending(await world.lease()):
        await world.ended(other.notice_id, *(one.notice_id for one in told))

    revisions = [int(text.split()[1]) for text in world.channel.texts("7")]
    assert [1, 2, 9, 3, 4] == revisions


async def test_what_is_too_old_is_not_sent(world: World) -> None:
    """A notice older than its stage's time to live ends expired without a call."""
    person = await world.person("7")
    stale = notice(person)
    stale = stale.model_copy(update={"created_at": stale.created_at - AGES_AGO})
    await world.keep(stale)

    async with world.sending(await world.lease()):
        await world.ended(stale.notice_id)

    assert DeliveryEnd.EXPIRED == (await world.reports())[stale.notice_id].status
    assert [] == world.channel.sent


async def test_one_recipient_first_in_first_out_one_in_flight(world: World) -> None:
    """A recipient's notices go out one at a time, in the order they came, also when one must be retried."""
    person = await world.person("7")
    told = [notice(person, revision=number) for number in range(1, 6)]
    world.channel.scripts["7"] = [Accepted("1"), NotSent("no route"), Throttled(0.1, "chat")]
    await world.keep(*told)

    async with world.sending(await world.lease()):
        await world.ended(*(one.notice_id for one in told))

    revisions = [int(text.split()[1]) for text in world.channel.texts("7")]
    assert [1, 2, 2, 2, 3, 4, 5] == revisions
    assert 1 == world.channel.most


async def test_others_do_not_wait_for_a_chat_that_hangs(world: World) -> None:
    """While one chat does not answer, everybody else is served."""
    slow, *others = [await world.person(str(number)) for number in range(6)]
    gate = world.channel.gates["0"] = asyncio.Event()
    told = [notice(one) for one in (slow, *others)]
    await world.keep(*told)

    async with world.sending(await world.lease()):
        await world.ended(*(one.notice_id for one in told[1:]))
        hanging = await world.state(told[0].notice_id)
        gate.set()
        await world.ended(told[0].notice_id)

    assert "sending" == hanging


async def test_throttling_burns_no_attempt(world: World) -> None:
    """However often the messenger asks to wait, the notice is sent in the end and counts nothing unknown."""
    told = notice(await world.person("7"))
    limits: list[Result] = [Throttled(0.02, "chat"), Throttled(0.02, "account")] * 4
    world.channel.scripts["7"] = limits
    await world.keep(told)

    async with world.sending(await world.lease()):
        await world.ended(told.notice_id)

    row = await world.row(told.notice_id)
    assert ("accepted", 0) == (row["state"], row["unknowns"])


async def test_a_throttled_account_rests_as_a_whole(world: World) -> None:
    """After a 429 for the account nothing at all is sent before the pause is over."""
    first, second = await world.person("1"), await world.person("2")
    told = [notice(first), notice(second)]
    world.channel.scripts["1"] = [Throttled(0.5, "account")]
    async with world.sending(await world.lease()):
        await world.keep(told[0])
        await world.channel.began.wait()
        await until(lambda: _is(world, told[0].notice_id, "pending"))
        await world.keep(told[1])
        await world.ended(*(one.notice_id for one in told))

    times = [row["started_at"] for row in await world.pool.fetch("SELECT * FROM attempt ORDER BY started_at")]
    assert (times[1] - times[0]).total_seconds() >= 0.5


async def test_an_unreachable_recipient_ends_all_that_waits(world: World) -> None:
    """Who blocked us gets no further call: what waits and what comes later ends undeliverable at once."""
    person = await world.person("7")
    told = [notice(person, revision=number) for number in range(1, 4)]
    world.channel.scripts["7"] = [Unreachable("blocked")]
    await world.keep(*told)

    async with world.sending(await world.lease()):
        await world.ended(*(one.notice_id for one in told))
        late = notice(person, revision=9)
        await world.keep(late)
        await world.ended(late.notice_id)

    reports = await world.reports()
    ends = {(reports[one.notice_id].status, reports[one.notice_id].reason) for one in (*told, late)}
    assert {(DeliveryEnd.UNDELIVERABLE, "blocked")} == ends
    assert 1 == len(world.channel.sent)


async def test_what_cannot_be_parsed_goes_out_as_plain_text_once(world: World) -> None:
    """A message whose markup is refused is sent again without markup; refused again, it is undeliverable."""
    once, twice = await world.person("1"), await world.person("2")
    told = [notice(once), notice(twice)]
    world.channel.scripts["1"] = [Permanent("unparseable", "tag")]
    world.channel.scripts["2"] = [Permanent("unparseable", "tag"), Permanent("unparseable", "tag")]
    await world.keep(*told)

    async with world.sending(await world.lease()):
        await world.ended(*(one.notice_id for one in told))

    assert ["verification 1 en", "verification 1 en"] == world.channel.texts("1")
    assert [False, True] == [message.plain for to, message in world.channel.sent if to == "1"]
    assert ["accepted", "undeliverable"] == [await world.state(one.notice_id) for one in told]


async def test_a_chat_that_moved_is_followed(world: World) -> None:
    """When a chat has another address the message goes there, and so does everything after it."""
    person = await world.person("7")
    told = [notice(person, revision=number) for number in (1, 2)]
    world.channel.scripts["7"] = [Moved("-100")]
    await world.keep(*told)

    async with world.sending(await world.lease()):
        await world.ended(*(one.notice_id for one in told))

    assert ["7", "-100", "-100"] == [to for to, _ in world.channel.sent]


async def test_a_refused_account_keeps_its_queue(world: World) -> None:
    """While the messenger refuses the account nothing ends and nothing more is tried."""
    told = [notice(await world.person(str(number))) for number in range(3)]
    world.channel.scripts["0"] = [AccountDown("401")]
    pace = Pace(rate_global=10, rate_chat=1000, sweep_every=60)
    await world.keep(*told)

    async with world.sending(await world.lease(), pace):
        await world.channel.began.wait()
        await until(lambda: _is(world, told[0].notice_id, "pending"))

    assert ["pending"] * 3 == [await world.state(one.notice_id) for one in told]
    assert 1 == len(world.channel.sent)


async def _is(world: World, delivery: object, state: str) -> bool:
    return bool(
        await world.pool.fetchval(
            "SELECT state = $2 AND attempts > 0 FROM delivery WHERE id = $1", delivery, state
        )
    )


async def test_a_messenger_that_fails_is_left_alone_and_tried_again(world: World) -> None:
    """When most calls fail, only single ones try until one is answered; then everything goes out."""
    told = [notice(await world.person(str(number))) for number in range(12)]
    for number in range(12):
        world.channel.scripts[str(number)] = [NotSent("no route")] if number < 8 else []
    terms = Terms(least=4, pause=0.2, longest=0.2)
    pace = replace(QUICK, concurrency=4, breaker=terms)
    await world.keep(*told)

    async with world.sending(await world.lease(), pace):
        await until(lambda: _attempts(world, 4))
        broken = world.measured("circuit_open")
        await world.ended(*(one.notice_id for one in told))

    assert 1 == broken
    assert 0 == world.measured("circuit_open")


async def test_long_waiting_lifts_the_class(world: World) -> None:
    """Of what has waited for 15 minutes the oldest, and no more than asked for, go with the urgent."""
    long_ago = datetime.now(UTC) - timedelta(minutes=16)
    old = [notice(await world.person(str(number)), created_at=long_ago) for number in range(3)]
    urgent, young = notice(await world.person("8"), stage="arrived"), notice(await world.person("9"))
    await world.keep(*old, urgent, young)

    await world.tools.queue.sweep(2)

    classes = [(await world.row(one.notice_id))["class"] for one in (*old, urgent, young)]
    assert [1, 1, 2, 1, 2] == classes


async def _attempts(world: World, count: int) -> bool:
    query = "SELECT count(*) >= $1 FROM attempt WHERE result IS NOT NULL"
    return bool(await world.pool.fetchval(query, count))
