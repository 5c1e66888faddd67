"""What a message costs where the agency pays for those that it begins, and when it begins none any more.

A session begins with what the citizen writes while none is open, and lasts a day, whatever they write in it:
within it everything is free. Where a channel has no sessions (SMS) every message is paid for, answers too, a
long text once for each of its parts.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

SESSION = timedelta(hours=24)

Price = Literal["free", "paid"]


def price(session_from: datetime | None, now: datetime, session: timedelta | None = SESSION) -> Price:
    """Return whether a message that is sent now costs something.

    `session_from` is when the last session on this address began; None: there was none. `session` is how long
    one lasts; None: there are none.
    """
    if session is None or session_from is None:
        return "paid"
    return "free" if now - session_from < session else "paid"


def may_begin(paid_this_month: int, ceiling: int | None, *, actionable: bool) -> bool:
    """Tell whether one more paid message may go out in this month.

    A ceiling (None: there is none) holds back all but what the citizen must act on.
    """
    return actionable or ceiling is None or paid_this_month < ceiling


@dataclass(frozen=True)
class Tariff:
    """The terms of an account that costs money: the agency's `zone`, whose months count, and its ceiling.

    `session` is how long everything is free after somebody wrote; None: nothing ever is.
    """

    zone: ZoneInfo
    ceiling: int | None
    session: timedelta | None = SESSION

    def month(self, now: datetime) -> date:
        """Return the month of an instant by its first day."""
        return now.astimezone(self.zone).date().replace(day=1)

    def end(self, month: date) -> datetime:
        """Return when a month is over."""
        following = (month + timedelta(days=31)).replace(day=1)
        return datetime.combine(following, time(), self.zone)


class Allowance:
    """What the one sender of an account may still begin in a month: what was paid for and what is in the air.

    So many messages as are in the air may yet be accepted: they are counted as if they were.
    """

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.month = date.min
        self._sent = 0
        self._flying = 0

    @property
    def left(self) -> int | None:
        """Return how many messages may go out that nobody must act on; None: any number."""
        ceiling = self.tariff.ceiling
        return None if ceiling is None else max(0, ceiling - self._sent - self._flying)

    def begin(self, month: date, sent: int) -> None:
        """Go on with a month in which so many messages were paid for."""
        self.month, self._sent = month, sent

    def take(self, session_from: datetime | None, now: datetime, *, actionable: bool) -> Price | None:
        """Return what a message costs that goes out now; None: it may not go out in this month."""
        if price(session_from, now, self.tariff.session) == "free":
            return "free"
        if not may_begin(self._sent + self._flying, self.tariff.ceiling, actionable=actionable):
            return None
        self._flying += 1
        return "paid"

    def settle(self, month: date, accepted: int) -> None:
        """Note that a message that was taken for paid in a month came to so many accepted ones."""
        self._flying -= 1
        if month == self.month:
            self._sent += accepted
