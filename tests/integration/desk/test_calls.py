"""Calls as work: listed, taken by one, entered once, over by themselves; on a real database."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from nats.aio.client import Client

from contracts.messages.desk.calls import CallMade
from runtime.database.postgres import Pool
from services.desk.calls.entries import Call, Recorded
from services.desk.calls.watching import Watch
from services.desk.domain.calling import Outcome
from tests.conftest import Databases
from tests.integration.desk.calling import TUESDAY, Desk, entry, in_stream
from tests.integration.desk.conftest import running, samples
from tests.waiting import until

REACHED, NO_ANSWER = Outcome("reached"), Outcome("no_answer")


@pytest.fixture
def desk(pool: Pool, nats_client: Client) -> Desk:
    return Desk(pool, nats_client)


async def take(desk: Desk, viewer: object, call_id: object = None) -> Call:
    found = await desk.calls.take(viewer, call_id)  # type: ignore[arg-type]  # as it is given
    assert isinstance(found, Call), found
    return found


async def record(desk: Desk, viewer: object, call: Call, outcome: Outcome) -> Recorded:
    assert call.lease_id is not None
    found = await desk.calls.record(viewer, call.call_id, call.lease_id, outcome)  # type: ignore[arg-type]
    assert isinstance(found, Recorded), found
    return found


async def test_the_list_is_read_in_pages_and_holds_what_the_agency_calls_about(desk: Desk) -> None:
    """Only stages that ask something of people are listed, each once, however often the list is read."""
    many = [entry(number) for number in range(1, 1203)]
    await desk.hear_of(*many, entry(1300, stage="printing"))
    await desk.pool.execute("UPDATE call_list SET number = 0")
    await desk.listing.look()

    assert 1202 == await desk.pool.fetchval("SELECT count(*) FROM call")
    assert 1300 == await desk.pool.fetchval("SELECT number FROM call_list")


async def test_promised_calls_come_first_then_who_waited_longest(desk: Desk) -> None:
    """A time that was asked for is kept before anything else; then the oldest comes."""
    ira = await desk.caller()
    first, second, third = entry(1), entry(2), entry(3)
    await desk.hear_of(third, first, second)
    later = Outcome("later", again_at=TUESDAY + timedelta(hours=2, minutes=30))
    await record(desk, ira, await take(desk, ira, third.call_id), later)
    before = [one.call_id for one in await desk.calls.waiting(ira, 10)]
    desk.clock.at = TUESDAY + timedelta(hours=3)

    assert [first.call_id, second.call_id] == before
    assert [third.call_id, first.call_id, second.call_id] == [
        one.call_id for one in await desk.calls.waiting(ira, 10)
    ]


async def test_callers_are_given_what_they_can_speak_of(desk: Desk) -> None:
    """Language and office decide; a language that nobody knows, or in which nobody calls, fits everybody."""
    russian, anybody, other_office = (
        entry(1, language="ru"),
        entry(2, language="de"),
        entry(3, office="lviv-1"),
    )
    await desk.hear_of(russian, anybody, other_office)
    ira = await desk.caller("uk", offices=["kyiv-1"])

    assert [anybody.call_id] == [one.call_id for one in await desk.calls.waiting(ira, 10)]
    assert "gone" == await desk.calls.take(ira, russian.call_id)
    assert None is await desk.calls.read(ira, other_office.call_id)
    assert anybody.call_id == (await take(desk, ira)).call_id


async def test_two_who_take_one_at_once_do_not_both_get_it(desk: Desk) -> None:
    """However many take at once, each entry has one holder, and each caller one entry."""
    entries = [entry(number) for number in range(1, 6)]
    await desk.hear_of(*entries)
    callers = [await desk.caller() for _ in range(8)]
    taken = await asyncio.gather(*(desk.calls.take(one, None) for one in callers for _ in range(2)))
    held = {(call.call_id, call.held_by) for call in taken if isinstance(call, Call)}

    assert 5 == len(held) == len({call for call, _ in held}) == len({who for _, who in held})
    assert 6 == sum(one == "nothing" for one in taken)


async def test_a_named_entry_has_one_holder(desk: Desk) -> None:
    """Whoever comes second is told that it is gone."""
    one = entry()
    await desk.hear_of(one)
    callers = [await desk.caller() for _ in range(6)]
    taken = await asyncio.gather(*(desk.calls.take(who, one.call_id) for who in callers))

    assert ["gone"] * 5 == [found for found in taken if not isinstance(found, Call)]


async def test_a_lease_without_a_sign_goes_to_the_next(desk: Desk) -> None:
    """After ten minutes another takes it, and what the first one enters then is refused and tells nobody."""
    await desk.hear_of(entry())
    ira, oleh = await desk.caller(), await desk.caller()
    first = await take(desk, ira)
    desk.clock.at += timedelta(minutes=9)
    signed = await desk.calls.sign(ira, first.call_id)
    desk.clock.at += timedelta(minutes=9)
    early = await desk.calls.take(oleh, None)
    desk.clock.at += timedelta(minutes=2)
    second = await take(desk, oleh)

    assert (True, "nothing", first.call_id) == (signed, early, second.call_id)
    assert first.lease_id is not None
    assert "lost" == await desk.calls.record(ira, first.call_id, first.lease_id, REACHED)
    assert [] == await desk.told()
    assert not await desk.calls.sign(ira, first.call_id)
    assert not await desk.calls.give_back(ira, first.call_id)


async def test_a_lease_that_nobody_took_meanwhile_is_still_good(desk: Desk) -> None:
    """Who spoke for an hour enters what they heard."""
    await desk.hear_of(entry())
    ira = await desk.caller()
    call = await take(desk, ira)
    desk.clock.at += timedelta(hours=1)

    assert "reached" == (await record(desk, ira, call, REACHED)).ended


async def test_what_is_given_back_is_for_others_at_once(desk: Desk) -> None:
    """A caller who leaves an entry leaves nothing of it."""
    await desk.hear_of(entry())
    ira, oleh = await desk.caller(), await desk.caller()
    call = await take(desk, ira)
    await desk.calls.give_back(ira, call.call_id)

    assert call.call_id == (await take(desk, oleh)).call_id


async def test_a_form_that_is_posted_again_counts_once(desk: Desk) -> None:
    """However often and however many at once: one try, one message, the same end."""
    await desk.hear_of(entry())
    ira = await desk.caller()
    call = await take(desk, ira)
    assert call.lease_id is not None
    found = await asyncio.gather(
        *(desk.calls.record(ira, call.call_id, call.lease_id, REACHED) for _ in range(6))
    )

    assert 5 == sum(isinstance(one, Recorded) and one.again for one in found)
    assert ("reached", 1) == (await desk.state(call.call_id))[:2]
    assert [("reached", 1, True)] == [(one.result, one.tries, one.over) for one in await desk.told()]


async def test_nobody_answers_three_times(desk: Desk) -> None:
    """After two hours, then after a day, in the hours of calls; then nobody calls again."""
    one = entry()
    await desk.hear_of(one)
    ira = await desk.caller()
    dues, ends = [], []
    for _ in range(3):
        ends.append((await record(desk, ira, await take(desk, ira), NO_ANSWER)).ended)
        dues.append((await desk.state(one.call_id))[2])
        desk.clock.at = dues[-1]
    told = await desk.told()

    assert [TUESDAY + timedelta(hours=2), TUESDAY + timedelta(days=1, hours=2)] == dues[:2]
    assert [None, None, "given_up"] == ends
    assert [(1, False), (2, False), (3, True)] == [(made.tries, made.over) for made in told]
    assert [dues[0], dues[1], None] == [made.again_at for made in told]


async def test_nobody_is_called_outside_the_hours(desk: Desk) -> None:
    """At lunch, in the evening and on a holiday nothing can be taken, and nothing is held."""
    await desk.hear_of(entry())
    ira = await desk.caller()
    found = []
    for at in (TUESDAY.replace(hour=11, minute=30), TUESDAY.replace(hour=17), TUESDAY + timedelta(days=30)):
        desk.clock.at = at
        found.append(await desk.calls.take(ira, None))

    assert ["closed"] * 3 == found
    assert 0 == await desk.pool.fetchval("SELECT count(*) FROM call WHERE held_by IS NOT NULL")


async def test_who_needs_no_call_any_more_leaves_the_list(desk: Desk) -> None:
    """What the tracker says is over ends at the next look, but not while somebody is on the phone."""
    spoken, gone = entry(1), entry(2)
    await desk.hear_of(spoken, gone)
    ira = await desk.caller()
    call = await take(desk, ira)
    desk.tracker.over_ = {spoken.call_id: "reached", gone.call_id: "finished"}
    desk.clock.at += timedelta(minutes=2)
    await desk.listing.look()
    on_the_phone = (await desk.state(spoken.call_id))[0]
    await record(desk, ira, call, NO_ANSWER)
    desk.clock.at += timedelta(minutes=2)
    await desk.listing.look()

    assert (None, "finished") == (on_the_phone, (await desk.state(gone.call_id))[0])
    assert ("reached", 1) == (await desk.state(spoken.call_id))[:2]
    ended = samples(desk.metrics.registry, "docwatch_desk_calls_ended_total")
    assert {("finished",): 1.0, ("reached",): 1.0} == {why: count for why, count in ended.items() if count}


async def test_just_before_a_call_the_tracker_is_asked(desk: Desk) -> None:
    """Who was reached a moment ago is not called: the next one is taken, and a named one is gone."""
    first, second = entry(1), entry(2)
    await desk.hear_of(first, second)
    ira, oleh = await desk.caller(), await desk.caller()
    desk.tracker.over_ = {first.call_id: "reached"}

    assert second.call_id == (await take(desk, ira)).call_id
    assert "gone" == await desk.calls.take(oleh, first.call_id)
    assert "reached" == (await desk.state(first.call_id))[0]


async def test_calls_go_on_while_the_tracker_is_away(desk: Desk) -> None:
    """What is on the list can be taken and entered; it is told when somebody listens again."""
    await desk.hear_of(entry())
    ira = await desk.caller()
    desk.tracker.away = True
    await record(desk, ira, await take(desk, ira), REACHED)

    assert ["reached"] == [one.result for one in await desk.told()]


async def test_news_that_comes_during_a_call_is_called_about_as_well(desk: Desk) -> None:
    """The call ends what it was about; the newer entry starts anew."""
    one = entry(1, stage="correction_needed")
    await desk.hear_of(one)
    ira = await desk.caller()
    call = await take(desk, ira)
    await desk.hear_of(entry(7, one.call_id))
    recorded = await record(desk, ira, call, REACHED)

    assert (None, 0) == (recorded.ended, (await desk.state(one.call_id))[1])
    assert [("e-1", True)] == [(made.event_id, made.over) for made in await desk.told()]
    assert (7, "arrived") == ((again := await take(desk, ira)).number, again.stage)


async def test_who_wants_no_calls_is_not_called_again(desk: Desk) -> None:
    """Whatever news follows; another's entry is opened anew by later news."""
    silent, other = entry(1), entry(2)
    await desk.hear_of(silent, other)
    ira = await desk.caller()
    await record(desk, ira, await take(desk, ira, silent.call_id), Outcome("wants", "no_calls"))
    await record(desk, ira, await take(desk, ira, other.call_id), Outcome("wrong_number"))
    await desk.hear_of(entry(3, silent.call_id), entry(4, other.call_id))

    assert [other.call_id] == [one.call_id for one in await desk.calls.waiting(ira, 10)]


async def test_what_is_too_old_is_not_called_about(desk: Desk) -> None:
    """After two weeks the entry ends, and after the agency's days nothing is left of it."""
    one = entry()
    await desk.hear_of(one)
    desk.clock.at += timedelta(days=14)
    await desk.listing.look()
    ended = (await desk.state(one.call_id))[0]
    desk.clock.at += timedelta(days=91)
    await desk.listing.look()

    assert "too_old" == ended
    assert 0 == await desk.pool.fetchval("SELECT count(*) FROM call")


async def test_gauges_tell_what_waits_and_whether_the_list_is_read(desk: Desk) -> None:
    """Due, later, held, the oldest, and since when the list was not read; nothing where nobody is called."""
    await desk.hear_of(entry(1), entry(2), entry(3))
    ira = await desk.caller()
    await record(desk, ira, await take(desk, ira), NO_ANSWER)
    await take(desk, ira)
    desk.clock.at += timedelta(minutes=5)
    await Watch(desk.pool, desk.clock, desk.metrics, on=True).look()
    registry = desk.metrics.registry
    found = {
        name: samples(registry, f"docwatch_desk_calls{name}")
        for name in ("", "_oldest_seconds", "_read_seconds")
    }
    await Watch(desk.pool, desk.clock, desk.metrics, on=False).look()

    assert {("due",): 1.0, ("later",): 1.0, ("held",): 1.0} == found[""]
    assert ({(): 300.0}, {(): 300.0}) == (found["_oldest_seconds"], found["_read_seconds"])
    assert {(): 0.0} == samples(registry, "docwatch_desk_calls_read_seconds")


async def test_every_look_and_every_deed_is_audited(desk: Desk) -> None:
    """Who took, read, entered or left an entry stands in the audit."""
    await desk.hear_of(entry())
    ira = await desk.caller()
    call = await take(desk, ira)
    await desk.calls.read(ira, call.call_id)
    await desk.calls.give_back(ira, call.call_id)
    await record(desk, ira, await take(desk, ira), REACHED)
    rows = await desk.pool.fetch(
        "SELECT what FROM staff_audit WHERE about = $1 ORDER BY number", call.call_id
    )

    assert ["call taken", "call read", "call given back", "call taken", "call entered"] == [
        row["what"] for row in rows
    ]


async def test_a_desk_that_dies_between_outcome_and_publish_loses_nothing(
    desk: Desk, databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """What is committed and was never published is published by the next desk, once."""
    await desk.hear_of(entry())
    ira = await desk.caller()
    call = await take(desk, ira)
    # This desk's outbox never runs: it is as good as killed once the outcome has committed.
    await record(desk, ira, call, REACHED)
    before = await in_stream(nats_client)
    async with running(databases, nats_url):

        async def published() -> Sequence[CallMade]:
            return await in_stream(nats_client)

        after = await until(published)

    assert [] == before
    assert [(call.lease_id, call.call_id, "reached")] == [
        (one.made_id, one.call_id, one.result) for one in after
    ]
