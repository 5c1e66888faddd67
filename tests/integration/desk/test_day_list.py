"""The clerk's day over real HTTP: who comes, who came, closed times; each clerk at their own offices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.appointments.closing import Closing
from services.desk.appointments.day_list import DayList
from services.desk.appointments.opening import ROOM
from services.desk.domain.slots import Closed
from services.desk.domain.viewers import Viewer
from tests.integration.desk.booking import OFFICE, Counter, at, catalogue
from tests.integration.desk.staff_bench import Browser, StaffBench, staff_bench

DAY = f"/appointments?office={OFFICE}&day=2026-03-03"


@dataclass
class Office:
    """A counter, and the browsers of those who serve at it."""

    counter: Counter
    bench: StaffBench
    clerk: Browser = field(init=False)

    async def post(self, path: str, **form: str) -> str:
        """Send a form of the day's page; return the page that follows."""
        answer = await self.clerk.post(path, DAY, office=OFFICE, day="2026-03-03", **form)
        if answer.is_redirect:
            assert answer.headers["location"].endswith(DAY)
            return (await self.clerk.get(DAY)).text
        return answer.text


@asynccontextmanager
async def opened(pool: Pool) -> AsyncIterator[Office]:
    counter = Counter(pool)
    outbox = Outbox(pool, StreamWriter(Client()), counter.clock)
    closing = Closing(pool, outbox, counter.tables, counter.clock, counter.metrics)
    day_list = DayList(pool, catalogue(), counter.tables, counter.clock, closing)
    async with staff_bench(pool, day_list.routes(), {"appointments": ROOM}) as bench:
        office = Office(counter, bench)
        office.clerk = await bench.member("clerk", ["clerk"])
        yield office


@pytest.fixture
async def office(pool: Pool) -> AsyncIterator[Office]:
    async with opened(pool) as found:
        yield found


async def test_the_day_shows_times_codes_and_documents_and_no_person(office: Office) -> None:
    """In the order of their times, each by the code that is said; nothing of the person stands there."""
    later, first = office.counter.tracker.person(), office.counter.tracker.person()
    two = await office.counter.booked(later, at(10, day=3))
    one = await office.counter.booked(first, at(9, 30, day=3))
    page = (await office.clerk.get(DAY)).text
    assert page.index(one.appointment.code) < page.index(two.appointment.code)
    assert "09:30–10:00" in page
    assert "Tuesday" in page
    for person in (first, later):
        assert str(person.recipient) not in page
        assert str(person.application) not in page
    assert "appointments of a day read" in await office.bench.audited()


async def test_who_came_and_who_did_not_is_noted_and_can_be_taken_back(office: Office) -> None:
    """A mark stands in the table with its row of the audit; taking it back lets it stand again."""
    booked = await office.counter.booked(office.counter.tracker.person(), at(9, day=3))
    one = str(booked.appointment.appointment_id)
    for status in ("present", "no_show", "booked", "present"):
        await office.post("/appointments/mark", appointment=one, status=status)
        assert await office.counter.statuses() == [status]
    audited = [what for what in await office.bench.audited() if what.startswith("appointment ")]
    assert audited == ["appointment kept", "appointment missed", "appointment unmarked", "appointment kept"]


async def test_closing_asks_first_then_calls_off_and_tells(office: Office) -> None:
    """Where people are to come a closing is asked about; then they are told and nobody books there."""
    who = office.counter.tracker.person()
    await office.counter.booked(who, at(9, 30, day=3))
    hours = {"closing": str(uuid4()), "begins": "09:00", "ends": "10:00", "reason": "Power cut"}
    asked = await office.post("/appointments/close", **hours)
    assert "1 person has an appointment then" in asked
    assert await office.counter.statuses() == ["booked"]
    done = await office.post("/appointments/close", sure="1", **hours)
    assert "Power cut" in done
    assert await office.counter.statuses() == ["closed"]
    assert [one.kind for one in await office.counter.told()] == ["closed"]
    assert await office.counter.refused(who, at(9, 30, day=3)) == "gone"
    await office.post("/appointments/open", closing=hours["closing"])
    await office.counter.booked(who, at(9, 30, day=3))


async def test_hours_that_are_none_are_refused_with_words(office: Office) -> None:
    """Times the wrong way round, or none at all, close nothing."""
    for begins, ends in (("10:00", "09:00"), ("x", "10:00"), ("09:00", "")):
        page = await office.post("/appointments/close", closing=str(uuid4()), begins=begins, ends=ends)
        assert "the earlier one first" in page
    assert await office.counter.pool.fetchval("SELECT count(*) FROM closed_time") == 0


async def test_a_clerk_of_another_office_sees_and_changes_nothing(office: Office) -> None:
    """An office that is not theirs is answered as one that is not there, for every page and form."""
    booked = await office.counter.booked(office.counter.tracker.person(), at(9, day=3))
    stranger = await office.bench.member("stranger", ["clerk"])
    await office.bench.pool.execute("UPDATE staff SET offices = '{kyiv-1}' WHERE login = 'stranger'")
    one = str(booked.appointment.appointment_id)
    forms = (
        ("/appointments/mark", {"appointment": one, "status": "present"}),
        ("/appointments/close", {"closing": str(uuid4()), "begins": "09:00", "ends": "12:00", "sure": "1"}),
        ("/appointments/open", {"closing": str(uuid4())}),
    )
    assert (await stranger.get(DAY)).status_code == 404
    for path, form in forms:
        answer = await stranger.post(path, "/account", office=OFFICE, day="2026-03-03", **form)
        assert answer.status_code == 404, path
    assert await office.counter.statuses() == ["booked"]
    assert "None of your offices" in (await stranger.get("/appointments")).text


async def test_who_books_while_it_is_closed_is_told_or_refused(office: Office) -> None:
    """However a booking and a closing race, nobody stands in a closed time without having been told."""
    counter = office.counter
    closing = Closing(counter.pool, counter.upkeep.outbox, counter.tables, counter.clock, counter.metrics)
    viewer = Viewer(await _staff(counter.pool), "n", "", frozenset({"clerk"}))
    for day in range(3, 7):
        people = [counter.tracker.person() for _ in range(6)]
        span = Closed(at(9, day=day), at(12, day=day))
        await asyncio.gather(
            *(counter.booking.book(who.book(at(9 + n % 3, day=day))) for n, who in enumerate(people)),
            closing.close(viewer, uuid4(), OFFICE, span, ""),
        )
    assert await counter.standing() == []


async def _staff(pool: Pool) -> UUID:
    found: UUID = await pool.fetchval("SELECT id FROM staff LIMIT 1")
    return found
