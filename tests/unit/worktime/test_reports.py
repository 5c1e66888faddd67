"""Opening hours that went wrong elsewhere, as people reported them; each row says where."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worktime.calendar import Calendar
from worktime.hours import Day, Now, Place, day_of, now_of

KYIV = Place(50.4501, 30.5234, ZoneInfo("Europe/Kyiv"))
HOLIDAYS = Calendar(
    frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2026, 7, 14), date(2026, 5, 4)})
)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(clock)


def written(day: Day | None) -> str:
    """Hours as `09:00-18:00, 22:00-26:00 unknown "comment"`; `off` for none."""
    assert day is not None
    parts = [
        (
            f"{span.start // 60:02}:{span.start % 60:02}-{span.end // 60:02}:{span.end % 60:02}"
            if span.named
            else ""
        )
        + ("" if span.state == "open" else f" {span.state}")
        + (f' "{span.comment}"' if span.comment else "")
        for span in day
    ]
    return ", ".join(part.strip() for part in parts) or "off"


@pytest.mark.parametrize(
    ("notation", "day", "hours"),
    [
        # osmapp 711: the space after the comma made of Tuesday a day that is open around the clock.
        (
            'Tu, Th 09:00-11:00, 14:00-16:00 || "by appointment"',
            "2026-12-01",
            '09:00-11:00, 14:00-16:00, unknown "by appointment"',
        ),
        ('Tu, Th 09:00-11:00, 14:00-16:00 || "by appointment"', "2026-12-02", 'unknown "by appointment"'),
        # StreetComplete 3025: some days have no times but a word.
        ('Mo,We-Fr 10:00-16:00; Tu,Sa "by appointment"', "2026-12-01", 'unknown "by appointment"'),
        ('Tu-Th 10:00-18:00 open "by appointment only"', "2026-12-01", '10:00-18:00 "by appointment only"'),
        # opening_hours.js 43: an open comment must not outlive a day that is closed; alone it is uncertain.
        ('Mo-Fr 07:00-19:30; 19:30-21:00 open "no new loads"; Dec 25 off', "2026-12-25", "off"),
        ('Mo,Tu,Th-Sa 15:00-23:00 "warm meals"', "2026-12-01", '15:00-23:00 unknown "warm meals"'),
        # opening_hours.js 265: what stands in for closed hours does so on holidays as well.
        (
            'Mo-Fr 08:00-16:00, Sa 09:00-14:00, PH off || "by phone"',
            "2026-12-21",
            '08:00-16:00, unknown "by phone"',
        ),
        ('Mo-Fr 08:00-16:00, Sa 09:00-14:00, PH off || "by phone"', "2026-12-25", 'unknown "by phone"'),
        # opening_hours_converter 63: it may have hours of its own, and fills only what is closed.
        ("Mo-Fr 08:00-12:00 || 10:00-13:00 unknown", "2026-12-05", "10:00-13:00 unknown"),
        ("08:00-12:00 || 10:00-13:00 unknown", "2026-12-04", "08:00-12:00, 12:00-13:00 unknown"),
        # OsmAnd 25367: off for some hours takes these alone; the first and third Saturday are no 24/7.
        ("Jul-Aug 08:00-22:00; Jul-Aug 19:00-19:30 off", "2026-07-10", "08:00-19:00, 19:30-22:00"),
        ("Jan-Jun,Sep-Dec Sa[1,3] 09:00-13:00", "2026-12-12", "off"),
        # opening_hours.js 400: a rule without days overrides as well.
        ("We 08:00-12:00; 08:00-18:00", "2026-12-02", "08:00-18:00"),
        # opening_hours.js 441: hours of the evening before reach into a holiday, and do not end at midnight.
        ("Mo-Fr 18:00-03:00, Sa,Su 19:00-02:00; PH off", "2026-05-03", "19:00-26:00"),
        ("Mo-Fr 18:00-03:00, Sa,Su 19:00-02:00; PH off", "2026-05-04", "off"),
        # opening_hours.js 261: Thursday's night ends on Friday, whatever Friday says.
        ("Mo 06:00-15:00; Tu-Th 07:00-04:00; Fr-Su 09:00-17:00", "2026-12-03", "07:00-28:00"),
        ("Mo 06:00-15:00; Tu-Th 07:00-04:00; Fr-Su 09:00-17:00", "2026-12-04", "09:00-17:00"),
        # OsmAnd 20627: `PH Su` is a holiday that falls on a Sunday, and no other Sunday or holiday.
        ("07:00-14:00; PH Su closed", "2026-12-25", "07:00-14:00"),
        ("07:00-14:00; PH Su closed", "2026-12-27", "07:00-14:00"),
        ("07:00-14:00; PH Fr closed", "2026-12-25", "off"),
        # OsmAnd 2429: holidays within a list of weekdays, with and without a space.
        ("Mo-Sa, PH 10:00-22:00", "2026-12-26", "10:00-22:00"),
        ("Sa 18:00-24:00; Mo-Fr,Su,PH 12:00-14:00,18:00-24:00", "2026-12-26", "12:00-14:00, 18:00-24:00"),
        ("Sa 18:00-24:00; Mo-Fr,Su,PH 12:00-14:00,18:00-24:00", "2026-12-19", "18:00-24:00"),
        # StreetComplete 1026: the last rule that is about a holiday wins.
        ("Tu-Th,Su,PH 12:00-23:00; Fr,Sa 12:00-24:00", "2026-12-25", "12:00-24:00"),
        ("Tu-Th,Su 12:00-23:00; Fr,Sa 12:00-24:00; PH 12:00-23:00", "2026-12-25", "12:00-23:00"),
        # opening_hours.js 225: two days before a holiday.
        ("Mo-Sa 09:00-17:00; PH -2 days off", "2026-12-23", "off"),
        ("Mo-Sa 09:00-17:00; PH -2 days off", "2026-12-22", "09:00-17:00"),
        # opening_hours.js 351 and 567: weeks are those of ISO 8601, of which 2026 has 53.
        ("week 02-53/2 Sa 09:00-12:00", "2026-12-12", "09:00-12:00"),
        ("week 01-53/2 Sa 09:00-12:00", "2027-01-02", "09:00-12:00"),
        ("week 01 09:00-12:00", "2027-01-03", "off"),
        ("week 01 09:00-12:00", "2027-01-04", "09:00-12:00"),
        # opening_hours.js 524: a day is the same wherever one begins to look.
        ("2025 week 2-52/6 Fr 00:00-24:00", "2025-08-08", "00:00-24:00"),
        ("2025 week 2-52/6 Fr 00:00-24:00", "2025-08-15", "off"),
        # opening_hours.js 87: hours over midnight, shorter on Good Friday, and the night ends at midnight.
        ("Mo-Su,PH 15:00-03:00; easter -2 days 15:00-24:00", "2026-04-03", "15:00-24:00"),
        ("Mo-Su,PH 15:00-03:00; easter -2 days 15:00-24:00", "2026-04-04", "15:00-27:00"),
        # opening_hours.js 285: the day after the clocks change is no hour off.
        ("09:00-18:00", "2026-03-29", "09:00-18:00"),
        ("09:00-18:00", "2026-10-25", "09:00-18:00"),
        ("22:00-04:00", "2026-03-28", "22:00-28:00"),
        # Closed over the turn of the year; dates with spaces; the first Wednesday; leap days; years.
        ("Mo-Su 10:00-12:00; Dec 24-Jan 02 off", "2027-01-02", "off"),
        ("Mo-Su 10:00-12:00; Dec 24-Jan 02 off", "2027-01-03", "10:00-12:00"),
        ("Mo-Su 10:00-12:00; Dec 24, Dec 31 off", "2026-12-24", "off"),
        ("Mo-Fr 09:00-18:00; We[1] off", "2026-12-02", "off"),
        ("Mo-Fr 09:00-18:00; We[1] off", "2026-12-09", "09:00-18:00"),
        ("Feb 29 10:00-12:00", "2028-02-29", "10:00-12:00"),
        ("2026-2027 Mo 10:00-12:00", "2028-01-03", "off"),
    ],
)
def test_a_day_that_went_wrong_elsewhere(notation: str, day: str, hours: str) -> None:
    """Each day has the hours that the person who wrote them meant."""
    assert hours == written(day_of(notation, date.fromisoformat(day), HOLIDAYS, KYIV))


@pytest.mark.parametrize(
    ("notation", "clock", "now"),
    [
        # opening_hours.js 222 and 304: on the first of two holidays the next change is no second closing.
        ("Mo-Fr 09:00-13:00; PH off", "2026-12-25T12:00", Now("closed", opens=at("2026-12-28T09:00"))),
        # opening_hours.js 489: a holiday within days that are open anyway is no change.
        ("Jul-Aug Mo-Su,PH 00:00-24:00", "2026-07-13T12:00", Now("open")),
        # spatie 172: Friday's night is open at half past three on Saturday, and Thursday's never began.
        ("Fr-Sa 23:00-04:00", "2026-12-04T03:30", Now("closed", opens=at("2026-12-04T23:00"))),
        ("Fr-Sa 23:00-04:00", "2026-12-05T03:30", Now("open", until=at("2026-12-05T04:00"))),
        # spatie 88: closing time is that of the night, not midnight.
        ("Tu-We 09:00-03:00", "2026-12-01T16:00", Now("open", until=at("2026-12-02T03:00"))),
        # spatie 22: without a stop means the last second of the day as well.
        ("00:00-24:00; PH open", "2026-12-01T23:59:59", Now("open")),
        # WP-Opening-Hours 72: the day after an exception until midnight opens as ever.
        (
            "Mo-Th 07:30-24:00; 2026 Nov 30 12:00-24:00",
            "2026-12-01T00:30",
            Now("closed", opens=at("2026-12-01T07:30")),
        ),
        # AAO-React-Native 5439: by appointment is neither always open nor always closed.
        ('"by appointment"', "2026-12-01T12:00", Now("unknown", "by appointment")),
        # opening_hours.js 441: open on the night into a holiday.
        ("Mo-Su 19:00-02:00; PH off", "2026-12-25T01:00", Now("open", until=at("2026-12-25T02:00"))),
        # A wall clock at the turn of the clocks, and an office that never opens again.
        ("22:00-04:00; PH open", "2026-03-29T03:30", Now("open", until=at("2026-03-29T04:00"))),
        ("2020-2024 Mo-Fr 09:00-18:00", "2026-12-01T12:00", Now("closed")),
    ],
)
def test_a_moment_that_went_wrong_elsewhere(notation: str, clock: str, now: Now) -> None:
    """Each moment is open or closed as the person who wrote the hours meant, and so is what comes next."""
    assert now == now_of(notation, at(clock), HOLIDAYS, KYIV)


def test_what_cannot_be_read_is_not_guessed() -> None:
    """Nothing is made of hours that no parser reads, or whose end nobody names."""
    notations = ["Mo-Fr 9 to 5", "9-17", 'Mo "', "Mo-Fr 09:00+", "Mo 10:00-16:00/01:30", "x" * 2000, "\ud800"]

    assert {None} == {day_of(one, date(2026, 12, 1), HOLIDAYS, KYIV) for one in notations}


def test_dashes_spaces_and_a_last_semicolon_are_read() -> None:
    """What a word processor makes of hours is read as it was meant."""
    spellings = ["Mo–Fr 09:00–18:00;", "mo-fr 9:00-18:00", "Mo-Fr  09:00 - 18:00\n;  Ph  oFF"]
    days = [date(2026, 12, 1) + number * timedelta(days=1) for number in range(7)]

    assert [[written(day_of("Mo-Fr 09:00-18:00", one, HOLIDAYS, KYIV)) for one in days]] * 3 == [
        [written(day_of(spelling, one, HOLIDAYS, KYIV)) for one in days] for spelling in spellings
    ]
