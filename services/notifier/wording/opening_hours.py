"""Opening hours in a reader's words: a usual week, single days, and what holds right now.

What is exact is told; what is not stays as the agency wrote it. Comments of the agency are always shown.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from contracts.catalogue import Office
from services.notifier.domain.messages import Run, Text, joined, shown
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import bold, literal, text_of
from worktime.calendar import Calendar, calendar_of
from worktime.hours import FULL_DAY, Day, Now, Place, Span, day_of, now_of
from worktime.week import Week, week_of

_MOST_UNITS = 400
_COMMENT_UNITS = 120
_DAYS_IN_WEEK = 7
_COMMA, _THEN = Run(", "), Run("; ")


def usual(speech: Speech, office: Office) -> Text:
    """Return the line that says when an office is open in any week."""
    return speech.once(("usual hours", office.hours), lambda: _usual(speech, office.hours))


def week(speech: Speech, office: Office) -> Text:
    """Return the hours of a usual week alone."""
    return speech.once(("week", office.hours), lambda: _hours(speech, office.hours))


def _hours(speech: Speech, notation: str) -> Text:
    found = week_of(notation)
    return (None if found is None else _week(speech, found)) or text_of(notation, _MOST_UNITS)


def days_from(speech: Speech, office: Office, today: date, count: int) -> list[Text]:
    """Return a line for each of so many days; none where the hours cannot be told exactly."""
    calendar, place = _calendar(speech), _place(speech, office)
    days = [today + timedelta(days=number) for number in range(count)]
    found = [(day, day_of(office.hours, day, calendar, place)) for day in days]
    return [_day(speech, day, hours, today) for day, hours in found if hours is not None]


def now(speech: Speech, office: Office, at: datetime) -> Text | None:
    """Return whether an office is open at an instant, None where nobody can tell."""
    place = _place(speech, office)
    clock = at.astimezone(place.zone).replace(tzinfo=None)
    found = now_of(office.hours, clock, _calendar(speech), place)
    return None if found is None else _now(speech, found, clock)


def is_open(speech: Speech, office: Office, at: datetime) -> bool | None:
    """Tell whether an office is open at an instant; None where nobody can tell for certain."""
    place = _place(speech, office)
    found = now_of(office.hours, at.astimezone(place.zone).replace(tzinfo=None), _calendar(speech), place)
    if found is None or found.comment:
        return None
    return {"open": True, "closed": False}.get(found.state)


def _calendar(speech: Speech) -> Calendar:
    return speech.once("calendar", lambda: calendar_of(speech.catalogue.agency.holidays))


def _place(speech: Speech, office: Office) -> Place:
    return Place(office.latitude, office.longitude, ZoneInfo(speech.catalogue.agency.time_zone))


def _now(speech: Speech, found: Now, clock: datetime) -> Text:
    if found.state == "closed":
        if found.opens is None:
            return speech.say("Closed now.")
        return speech.say("Closed now. Next opening: {when}.", when=_when(speech, found.opens, clock))
    if found.comment or found.state == "unknown":
        return speech.say("Now: {hours}.", hours=_uncertain(speech, found.comment))
    if found.until is None:
        return speech.say("Open now.")
    return speech.say("Open now. Closes: {when}.", when=_when(speech, found.until, clock))


def _when(speech: Speech, at: datetime, clock: datetime) -> Text:
    if at == datetime(at.year, at.month, at.day) and at.date() == clock.date() + timedelta(days=1):  # noqa: DTZ001 - a wall clock
        return literal("24:00")
    hour = f"{at:%H:%M}"
    return literal(hour if at.date() == clock.date() else f"{shown(speech.weekday(at.date()))}, {hour}")


def _day(speech: Speech, day: date, hours: Day, today: date) -> Text:
    name, times = speech.weekday(day), _times(speech, hours)
    if day == today:
        return speech.say("Today, {day}: {hours}", day=name, hours=bold(times))
    if day == today + timedelta(days=1):
        return speech.say("Tomorrow, {day}: {hours}", day=name, hours=times)
    return joined((literal(shown(name)[:1].upper() + shown(name)[1:]), literal(": "), times))


def _usual(speech: Speech, notation: str) -> Text:
    week = week_of(notation)
    told = None if week is None else _week(speech, week)
    if week is None or told is None:
        return speech.say("Open: {hours}", hours=text_of(notation, _MOST_UNITS))
    if week.public == "closed" and week.school == "closed":
        return speech.say("Open: {hours}; closed on public and school holidays", hours=told)
    if week.public == "closed":
        return speech.say("Open: {hours}; closed on public holidays", hours=told)
    if week.school == "closed":
        return speech.say("Open: {hours}; closed on school holidays", hours=told)
    return speech.say("Open: {hours}", hours=told)


def _week(speech: Speech, week: Week) -> Text | None:
    """Return a week by its days, None where it has nothing to say or times that no word says right."""
    if not any(week.days) or any("(" in span.events for day in week.days for span in day):
        return None
    days = week.days
    if len(set(days)) == 1 and not any(span.named for span in days[0]):
        return _times(speech, days[0])
    names = speech.locale.days["stand-alone"]["abbreviated"]
    runs = [list(run) for _, run in groupby(range(_DAYS_IN_WEEK), key=lambda day: days[day])]
    told = [(_run([names[day] for day in run]), _times(speech, days[run[0]])) for run in runs if days[run[0]]]
    return joined([joined(named, Run(" ")) for named in told], _THEN)


def _run(names: Sequence[str]) -> Text:
    return text_of(names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}")


def _times(speech: Speech, day: Day) -> Text:
    """Return a day's hours and comments, `closed` where there are none; the same words are said once."""
    parts = dict.fromkeys(_span(speech, span) for span in day)
    return joined(parts, _COMMA) if parts else speech.say("closed")


def _span(speech: Speech, span: Span) -> Text:
    if span.state == "closed":
        return _aside(speech.say("closed"), _comment(speech, span.comment))
    if not span.named:
        told = _uncertain(speech, span.comment)
        return speech.say("at other times: {hours}", hours=told) if span.otherwise else told
    times = (
        _events(speech, span.events) if span.events else literal(f"{_clock(span.start)}–{_clock(span.end)}")
    )
    if span.comment or span.state == "unknown":
        return _aside(times, _uncertain(speech, span.comment))
    return times


def _uncertain(speech: Speech, comment: str) -> Text:
    return _comment(speech, comment) if comment else speech.say("ask before you come")


def _comment(speech: Speech, comment: str) -> Text:
    if comment.casefold() == "by appointment":
        return speech.say("by appointment")
    return text_of(comment, _COMMENT_UNITS)


def _events(speech: Speech, written: str) -> Text:
    names = {
        "dawn": speech.say("dawn"),
        "sunrise": speech.say("sunrise"),
        "sunset": speech.say("sunset"),
        "dusk": speech.say("dusk"),
    }
    ranges = (one.split("-") for one in written.split(","))
    spans = [joined([names.get(end) or text_of(end) for end in ends], Run("–")) for ends in ranges]
    return joined(spans, _COMMA)


def _aside(text: Text, comment: Text) -> Text:
    """Return a text with a comment in brackets behind it."""
    return joined((text, literal(" ("), comment, literal(")")))


def _clock(minutes: int) -> str:
    hours, rest = divmod(minutes if minutes <= FULL_DAY else minutes - FULL_DAY, 60)
    return f"{hours:02}:{rest:02}"
