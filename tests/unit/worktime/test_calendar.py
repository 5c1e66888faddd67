"""One calendar for expected dates, hours and quiet hours."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from opening_hours import OpeningHours

from contracts.catalogue import Holidays
from worktime.calendar import Calendar, calendar_of
from worktime.hours import Place, day_of, now_of

KYIV = Place(50.4501, 30.5234, ZoneInfo("Europe/Kyiv"))
DAY = timedelta(days=1)
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
COUNTRIES = st.sampled_from([None, "UA", "DE", "PL", "HU", "KZ", "SA"])
# Every spelling is of the same rule: closed on holidays.
CLOSED = st.sampled_from(["; PH off", "; ph off", "; PH OFF", ";PH closed", "; PH,SH off", "; SH,PH Off"])
TIMES = st.sampled_from(
    ["00:00-24:00", "09:00-18:00", "08:00-12:00,13:00-17:00", "22:00-02:00", "10:00-26:00"]
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """A calendar of some country with own days off and moved working days."""
    near = draw(DAYS)
    some = [near + number * DAY for number in range(30)]
    moved = draw(st.dictionaries(st.sampled_from(some[:15]), st.sampled_from(some[15:]), max_size=3))
    own = draw(st.lists(st.sampled_from(some[15:]), max_size=4))
    return calendar_of(Holidays(country=draw(COUNTRIES), dates=tuple(own), moved=moved, school=SCHOOL))


SCHOOL = Holidays.model_validate({"school": ["2026-07-01/2026-08-31", "2026-12-28/2027-01-10"]}).school


def near_days(calendar: Calendar) -> st.SearchStrategy[date]:
    """Days that the calendar says something of, and any others."""
    told = [*calendar.dates, *calendar.moved, *calendar.moved.values()]
    return st.one_of(st.sampled_from(told), DAYS) if told else DAYS


@given(st.data(), calendars(), TIMES, CLOSED)
def test_hours_and_calendar_agree(data: st.DataObject, calendar: Calendar, times: str, closed: str) -> None:
    """An office that closes on holidays is open on exactly those days that the calendar does not take off."""
    day = data.draw(near_days(calendar))
    assume("SH" not in closed or not calendar.school_holiday(day))

    assert calendar.off(day) is not bool(day_of(f"Mo-Su {times}{closed}", day, calendar, KYIV))


@given(st.data(), calendars(), TIMES)
def test_business_days_are_open_days(data: st.DataObject, calendar: Calendar, times: str) -> None:
    """With no country's holidays an office open from Monday to Friday is open on business days alone."""
    plain = Calendar(calendar.dates, calendar.moved)
    day = data.draw(near_days(plain))
    weekend = plain.stands_for(day).weekday() > 4
    open_ = bool(day_of(f"Mo-Fr {times}; PH off", day, plain, KYIV))

    assert (plain.works(day) and not weekend) is open_
    assert plain.works(day) is not plain.off(day) or weekend or day in plain.moved


@given(st.data(), calendars())
def test_a_moved_working_day_has_the_other_days_hours(data: st.DataObject, calendar: Calendar) -> None:
    """A day that is worked in place of another one has its weekday's hours; the other one is off."""
    assume(calendar.moved)
    worked, free = data.draw(st.sampled_from(sorted(calendar.moved.items())))
    rules = "Mo 01:00-02:00; Tu 02:00-03:00; We 03:00-04:00; Th 04:00-05:00; Fr 05:00-06:00; PH off"
    (usual,) = day_of(f"{rules}; Sa 06:00-07:00; Su 07:00-08:00", free, Calendar(), KYIV) or (None,)
    hours = day_of(f"Sa 06:00-07:00; Su 07:00-08:00; {rules}", worked, calendar, KYIV)

    assert (usual,) == hours
    assert (True, False) == (calendar.works(worked), calendar.works(free))
    assert () == day_of("Mo-Su 09:00-10:00", free, calendar, KYIV)


@given(calendars(), DAYS, st.times(), TIMES, CLOSED)
def test_now_is_what_the_days_say(calendar: Calendar, day: date, at: time, times: str, closed: str) -> None:
    """An office is open in hours begun that day or the day before; the next opening begins some."""
    notation, moment = f"Mo-Sa {times}{closed}", datetime.combine(day, at)
    found = now_of(notation, moment, calendar, KYIV)
    begun = [
        (midnight + timedelta(minutes=span.start), midnight + timedelta(minutes=span.end))
        for midnight in (datetime.combine(day - DAY, time()), datetime.combine(day, time()))
        for span in day_of(notation, midnight.date(), calendar, KYIV) or ()
    ]

    assert found is not None
    assert (found.state == "open") is any(start <= moment < end for start, end in begun)
    if found.opens is not None:
        spans = day_of(notation, found.opens.date(), calendar, KYIV) or ()
        assert found.opens > moment
        assert found.opens.time() in [time(span.start // 60, span.start % 60) for span in spans]


WIDE = st.sampled_from(
    ["", "Jul-Aug ", "Dec 24-Jan 02 ", "week 10-20 ", "2026 ", "2025-2027 ", "easter -2 days "]
)
SELECTED = st.sampled_from(["Mo-Fr ", "PH ", "PH,Su ", "Sa,PH ", "Mo[1] ", "PH -1 day ", "We[-1],PH ", ""])
STATED = st.sampled_from(
    ["10:00-12:00", "08:00-12:00,13:00-17:00", "off", "14:00-15:00 unknown", "00:00-24:00"]
)
RULES = st.tuples(WIDE, SELECTED, STATED).map("".join)


@given(st.lists(RULES, min_size=1, max_size=4), st.sampled_from(["; ", ", "]), DAYS)
def test_any_rules_mean_what_the_package_makes_of_them(rules: list[str], joined: str, day: date) -> None:
    """With the holidays of the package itself in the calendar, each day is as the package tells it."""
    notation = joined.join(rules)
    known = OpeningHours("PH 00:00-24:00", country="DE")
    around = [day + number * DAY for number in range(-3, 4)]
    off = frozenset(one for one in around if known.is_open(datetime.combine(one, time(12))))
    midnight = datetime.combine(day, time())
    expected = [
        (start - midnight, until - midnight, str(state))
        for start, until, state, _ in OpeningHours(notation, country="DE").intervals(midnight, midnight + DAY)
        if str(state) != "closed"
    ]
    found = day_of(f"{notation}, 1999 PH off", day, Calendar(off), None)

    assert expected == [
        (timedelta(minutes=span.start), timedelta(minutes=span.end), span.state) for span in found or ()
    ]


@pytest.mark.parametrize(
    ("country", "worked", "free"),
    [
        ("HU", date(2026, 1, 10), date(2026, 1, 2)),
        ("RU", date(2024, 4, 27), date(2024, 4, 29)),
    ],
)
def test_a_country_moves_working_days_too(country: str, worked: date, free: date) -> None:
    """A Saturday that a government made a working day has the hours of the day that it gave off."""
    calendar = calendar_of(Holidays(country=country))
    hours = day_of("Mo-Fr 09:00-18:00; PH off", worked, calendar, KYIV)

    assert (True, False) == (calendar.works(worked), calendar.works(free))
    assert free == calendar.stands_for(worked)
    assert hours


def test_only_the_agencys_own_days_off_close_an_office_that_says_nothing() -> None:
    """Without PH in its rules an office keeps its hours on public holidays, as the notation has it."""
    calendar = calendar_of(Holidays(country="PL", dates=(date(2026, 12, 31),)))
    days = [date(2026, 12, 25), date(2026, 12, 30), date(2026, 12, 31)]

    assert [True, True, False] == [bool(day_of("Mo-Fr 09:00-18:00", one, calendar, KYIV)) for one in days]


def test_school_holidays_are_those_that_the_agency_lists() -> None:
    """Rules for school holidays hold on the listed days; without a list nobody can tell."""
    listed = Calendar(school=((date(2026, 12, 28), date(2027, 1, 8)),))
    days = [date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 8), date(2027, 1, 11)]
    told = [bool(day_of("Mo-Fr 09:00-18:00; SH off", one, listed, KYIV)) for one in days]

    assert [True, False, False, True] == told
    assert day_of("Mo-Fr 09:00-18:00; SH off", days[0], Calendar(), KYIV) is None
