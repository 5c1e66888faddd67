"""The usual week of an office in one line; what cannot be told exactly stays as the agency wrote it."""

from itertools import groupby

from babel.core import Locale

from worktime.hours import FULL_DAY, Day, Span
from worktime.week import week_of


def usual_week(notation: str, language: str) -> str:
    """Return the hours of a week, days with the same ones together; else the notation itself."""
    week = week_of(notation)
    if week is None or not any(week.days) or not all(_plain(span) for day in week.days for span in day):
        return notation
    if len(set(week.days)) == 1:
        return _times(week.days[0])
    names = Locale.parse(language).days["stand-alone"]["abbreviated"]
    runs = [list(run) for _, run in groupby(range(len(week.days)), key=lambda day: week.days[day])]
    return "; ".join(
        f"{names[run[0]]}{f'–{names[run[-1]]}' if len(run) > 1 else ''} {_times(week.days[run[0]])}"
        for run in runs
        if week.days[run[0]]
    )


def _plain(span: Span) -> bool:
    return span.state == "open" and span.named and not (span.comment or span.events or span.otherwise)


def _times(day: Day) -> str:
    return ", ".join(f"{_clock(span.start)}–{_clock(span.end)}" for span in day)


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes if minutes <= FULL_DAY else minutes - FULL_DAY, 60)
    return f"{hour:02}:{minute:02}"
