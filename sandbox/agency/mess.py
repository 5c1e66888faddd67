"""What becomes of rows on their way out of a real back office: repeated, overtaken, days late."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from sandbox.agency.events import Application
from sandbox.agency.month import Line

DUPLICATE_SHARE = 0.02
OUT_OF_ORDER_SHARE = 0.01
LATE_SHARE = 0.005
_FEWEST_FOR_MESS = 50
_OVERTAKES_WITHIN = timedelta(minutes=10)


def sent(random: Random, applications: Sequence[Application], until: datetime) -> tuple[Line, ...]:
    """Return all lines in the order in which they are sent, with the faults of real exports.

    With 50 rows or more, over some days, every kind of fault occurs; nothing is sent after `until`.
    """
    lines = [line for application in applications for line in application.lines]
    count = len(lines)

    def share(part: float) -> int:
        return max(int(count >= _FEWEST_FOR_MESS), round(count * part))

    overtaken = _overtaken(random, applications, share(OUT_OF_ORDER_SHARE), until)
    could_be_late = [
        line
        for line in lines
        if line.row.event_id not in overtaken and line.sent_at < until - timedelta(days=2)
    ]
    late = {
        line.row.event_id: min(line.sent_at + timedelta(days=random.uniform(2, 6)), until)
        for line in random.sample(could_be_late, min(len(could_be_late), share(LATE_SHARE)))
    }
    moved = {**overtaken, **late}
    lines = [replace(line, sent_at=moved.get(line.row.event_id, line.sent_at)) for line in lines]
    copies = [
        replace(line, sent_at=min(line.sent_at + _resend_delay(random), until))
        for line in random.sample(lines, min(count, share(DUPLICATE_SHARE)))
    ]
    return tuple(sorted([*lines, *copies], key=lambda line: line.sent_at))


def _overtaken(
    random: Random, applications: Sequence[Application], count: int, until: datetime
) -> dict[str, datetime]:
    """Return event id -> when it is sent instead: just after the event that followed it."""
    pairs = [
        (line, following)
        for application in applications
        for line, following in list(pairwise(application.lines))[::2]
        if line.row.occurred_at < following.row.occurred_at and following.sent_at < until - _OVERTAKES_WITHIN
    ]
    return {
        line.row.event_id: following.sent_at + random.uniform(0.01, 1) * _OVERTAKES_WITHIN
        for line, following in random.sample(pairs, min(len(pairs), count))
    }


def _resend_delay(random: Random) -> timedelta:
    """Half of the copies come at once, as after a slow answer, half in a later batch."""
    if random.choice((True, False)):
        return timedelta(seconds=random.randint(0, 30))
    return timedelta(hours=random.uniform(1, 48))
