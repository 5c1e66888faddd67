"""The true events of the month's applications, each as a row of the export, in their true order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sandbox.agency.journeys import MAIN_WAY, Mishap, Step, mishaps, plan
from sandbox.agency.month import Line, Options, Row
from sandbox.agency.numbers import numbers, typed

_DOCUMENT_SHARES = {
    "foreign_passport": 45,
    "id_card": 30,
    "temporary_residence": 15,
    "permanent_residence": 10,
}
_USUAL_DAYS = {"foreign_passport": 20, "id_card": 20, "temporary_residence": 15, "permanent_residence": 30}
_CAME_BEFORE, _SAME_STAMP, _NUMBERS_EVENTS, _PROMISES = 0.15, 0.03, 0.33, 0.7
_OPENS, _CLOSES, _SUNDAY = 9, 18, 6
_WHOLE_MONTH = 30
_KEEPS_HOURS_FROM = 14
_NO_PROMISE_FROM = ("arrived", "issued", "rejected")


@dataclass(frozen=True, slots=True)
class Application:
    """One application: its canonical number, what it is for, and its true events in order, at least one."""

    number: str
    document_type: str
    lines: tuple[Line, ...]


def applications(
    random: Random, options: Options, offices: Sequence[str], zone: ZoneInfo
) -> list[Application]:
    """Return the applications of the month with all that truly happened to them in it."""
    writer = _Writer(random, options, offices, zone)
    fates = mishaps(random, options.applications)
    return [
        writer.application(number, fate)
        for number, fate in zip(numbers(random, options.applications), fates, strict=True)
    ]


class _Calendar:
    """Instants of the month (UTC); in one long enough the agency works from 9 to 18, not on Sundays."""

    def __init__(self, random: Random, options: Options, zone: ZoneInfo) -> None:
        self._random = random
        self._zone = zone
        self.until = options.until.astimezone(UTC)
        self.since = self.until - timedelta(days=options.days)
        self._scale = min(1.0, options.days / _WHOLE_MONTH)
        self._keeps_hours = options.days >= _KEEPS_HOURS_FROM

    def start(self, *, early: bool) -> datetime:
        """Return when an application comes in; `early` leaves time for its mishap."""
        reach = (self.until - self.since) * (0.25 if early else 0.95)
        start = _whole_second(self.since + timedelta(seconds=1) + reach * self._random.random())
        return min(self._in_hours(start), self.until.replace(microsecond=0))

    def after(self, moment: datetime, days: float) -> datetime:
        """Return an instant that many days later, scaled to the month's length, and a minute at least."""
        gap = max(timedelta(minutes=1), timedelta(days=days * self._scale))
        return self._in_hours(_whole_second(moment + gap))

    def local(self, moment: datetime) -> datetime:
        """Return the instant as the agency's system writes it: local time with its offset."""
        offset = moment.astimezone(self._zone).utcoffset()
        return moment.astimezone(timezone(offset) if offset else UTC)

    def _in_hours(self, moment: datetime) -> datetime:
        if not self._keeps_hours:
            return moment
        local = moment.astimezone(self._zone)
        days = int(local.hour >= _CLOSES)
        if not _OPENS <= local.hour < _CLOSES:
            opening = local.replace(hour=_OPENS, minute=0, second=0)
            local = opening + timedelta(days=days, seconds=self._random.randrange(3600))
        if local.weekday() == _SUNDAY:
            local += timedelta(days=1)
        return local.astimezone(UTC)


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


class _Writer:
    """Writes applications' plans down as rows, with the offices, dates and spellings of that day."""

    def __init__(self, random: Random, options: Options, offices: Sequence[str], zone: ZoneInfo) -> None:
        self._random = random
        self._offices = offices
        self._calendar = _Calendar(random, options, zone)

    def application(self, number: str, fate: Mishap) -> Application:
        random = self._random
        document_type = random.choices(tuple(_DOCUMENT_SHARES), tuple(_DOCUMENT_SHARES.values()))[0]
        steps = plan(random, document_type, fate)
        if fate is Mishap.NONE and random.random() < _CAME_BEFORE:
            steps = steps[random.randint(1, 2) :]  # it came in before the month began
        moments = self._moments(steps, early=fate is not Mishap.NONE)
        lines = self._lines(number, document_type, steps, moments)
        return Application(number, document_type, lines)

    def _moments(self, steps: Sequence[Step], *, early: bool) -> list[datetime]:
        """Return when the steps happen, as far as the month reaches."""
        moments = [self._calendar.start(early=early)]
        for before, step in pairwise(steps):
            same_stamp = _follows_on(before, step) and self._random.random() < _SAME_STAMP
            moment = moments[-1] if same_stamp else self._calendar.after(moments[-1], step.days)
            if moment > self._calendar.until:
                break
            moments.append(moment)
        return moments

    def _lines(
        self, number: str, document_type: str, steps: Sequence[Step], moments: Sequence[datetime]
    ) -> tuple[Line, ...]:
        random = self._random
        office = random.choice(self._offices)
        other = random.choice([candidate for candidate in self._offices if candidate != office] or [office])
        numbered = random.random() < _NUMBERS_EVENTS
        promised = self._promise(document_type, moments[0]) if random.random() < _PROMISES else None
        lines = []
        for index, (step, moment) in enumerate(zip(steps, moments, strict=False), start=1):
            if promised and step.delayed_by:
                promised += timedelta(days=step.delayed_by)
            row = Row(
                event_id=str(UUID(int=random.getrandbits(128), version=4)),
                application_number=typed(random, number),
                document_type=document_type,
                stage=step.stage,
                office=other if step.other_office else office,
                occurred_at=self._calendar.local(moment),
                sequence=index if numbered else None,
                expected_at=None if step.stage in _NO_PROMISE_FROM else promised,
                missing=step.missing,
                note=step.note,
                correction=step.correction,
                restart=step.restart,
            )
            sent_at = min(moment + timedelta(seconds=random.randint(1, 900)), self._calendar.until)
            lines.append(Line(row, sent_at, number))
        return tuple(lines)

    def _promise(self, document_type: str, start: datetime) -> date:
        usual = _USUAL_DAYS[document_type] + self._random.randint(0, 4)
        promised = self._calendar.local(start).date() + timedelta(days=usual)
        return promised + timedelta(days=max(0, promised.weekday() - 4) and 7 - promised.weekday())


def _follows_on(before: Step, step: Step) -> bool:
    """Tell whether two steps may carry one time stamp: plain steps along the main way."""
    plain = not (before.correction or step.correction or step.restart)
    onward = before.stage in MAIN_WAY and step.stage in MAIN_WAY
    return plain and onward and MAIN_WAY.index(step.stage) > MAIN_WAY.index(before.stage)
