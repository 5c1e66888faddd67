"""What the buttons about appointments carry: the document, and a day or a time."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.notifier.domain.appointments import Wish

_LETTERS: dict[str, Wish] = {
    "d": "day",
    "s": "slot",
    "y": "book",
    "g": "give_back",
    "w": "wait",
    "u": "rest",
}
_VERBS: dict[Wish, str] = {wish: letter for letter, wish in _LETTERS.items()}
_DATA = re.compile(r"t(?P<verb>[dsygwu]):(?P<subscription>[0-9a-f]{32})(?::(?P<at>[0-9]{1,9}))?")
_EPOCH_DAY, _EPOCH = date(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DAYS = 200 * 366
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Appointing:
    """A wish about the appointment of one document; with a day or a time where it is about one."""

    wish: Wish
    subscription: UUID
    day: date | None = None
    starts_at: datetime | None = None


def parse(data: str) -> Appointing | None:
    """Return what a button about appointments means; None for any other."""
    found = _DATA.fullmatch(data)
    if found is None:
        return None
    wish, subscription = _LETTERS[found["verb"]], UUID(found["subscription"])
    number = 0 if found["at"] is None else int(found["at"])
    if (found["at"] is None) != (wish in {"give_back", "wait", "rest"}):
        return None
    if number > (_MOST_DAYS if wish == "day" else _MOST_DAYS * 24 * 60):
        return None
    if wish == "day":
        return Appointing(wish, subscription, day=_EPOCH_DAY + timedelta(days=number))
    starts_at = None if found["at"] is None else _EPOCH + number * _MINUTE
    return Appointing(wish, subscription, starts_at=starts_at)


def day(subscription: UUID, chosen: date) -> str:
    """Return the data of one day."""
    return f"t{_VERBS['day']}:{subscription.hex}:{(chosen - _EPOCH_DAY).days}"


def time(wish: Wish, subscription: UUID, starts_at: datetime) -> str:
    """Return the data of looking at one time, or of booking it; slots begin at whole minutes."""
    return f"t{_VERBS[wish]}:{subscription.hex}:{(starts_at - _EPOCH) // _MINUTE}"


def plain(wish: Wish, subscription: UUID) -> str:
    """Return the data of what needs no time: giving back, waiting and waiting no more."""
    return f"t{_VERBS[wish]}:{subscription.hex}"
