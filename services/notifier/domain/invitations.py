"""On which day somebody is told that a document is ready, where an office serves only so many: pure rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue
from contracts.messages.notice import Notice, NoticeKind
from worktime.calendar import Calendar, calendar_of

HOUR = time(9)
"""When people are told whose turn comes on a later day; their quiet hours may end later."""
HORIZON_DAYS = 366
FRESH = frozenset({NoticeKind.ADVANCE, NoticeKind.RESTART, NoticeKind.CORRECTION})
"""What invites anew; other news of a document that is ready belong to the invitation that was."""
_DAY = timedelta(days=1)
_INVITATION = UUID("7a0f3b52-9b0e-4f0a-8a3f-0c6c5f6a7d11")
Places = Callable[[date], int | None]
"""How many are invited on a day; None: as many as there are."""


def days_for(count: int, invited: Mapping[date, int], places: Places, first: date) -> list[date]:
    """Return the days of so many invitations in their order: each the first from `first` on that has room.

    Nobody is invited before somebody who stands ahead. `invited` says how many are invited on each day
    already. Where a whole year has no room all the rest are invited at once: too many is better than never.
    """
    found, given, day = list[date](), dict(invited), first
    for _ in range(count):
        day = _with_room(given, places, day) or day
        given[day] = given.get(day, 0) + 1
        found.append(day)
    return found


def _with_room(given: Mapping[date, int], places: Places, first: date) -> date | None:
    for number in range(HORIZON_DAYS):
        day = first + number * _DAY
        most = places(day)
        if most is None or given.get(day, 0) < most:
            return day
    return None


@dataclass(frozen=True)
class Pacing:
    """The offices of a catalogue that invite only so many a day, by the agency's calendar and zone."""

    catalogue: Catalogue
    calendar: Calendar
    zone: ZoneInfo

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Pacing":
        """Return that of a catalogue."""
        agency = catalogue.agency
        return cls(catalogue, calendar_of(agency.holidays), ZoneInfo(agency.time_zone))

    @cached_property
    def offices(self) -> frozenset[str]:
        """Return the offices that do."""
        return frozenset(code for code, one in self.catalogue.offices.items() if one.invitations is not None)

    def places(self, office: str) -> Places:
        """Return how many an office invites on a day."""
        found = self.catalogue.offices.get(office)
        terms = None if found is None else found.invitations
        if terms is None:
            return lambda _: None
        return lambda day: 0 if self.calendar.off(day) else terms.on(self.calendar.stands_for(day).weekday())

    def office_of(self, notice: Notice) -> str | None:
        """Return the office to which a notice invites somebody; None where it tells them when it likes."""
        office, stage = notice.office, notice.stage
        if notice.kind is NoticeKind.FOLLOWER or stage is None or office not in self.offices:
            return None
        return office if self.catalogue.ready(notice.document_type, stage) else None

    def today(self, now: datetime) -> date:
        """Return the day at the offices."""
        return now.astimezone(self.zone).date()

    def moment(self, day: date, now: datetime) -> datetime:
        """Return when those are told whose day this is: at once where it has come."""
        if day <= self.today(now):
            return now
        return datetime.combine(day, HOUR, self.zone).astimezone(UTC)


def invitation_of(notice: Notice, office: str) -> UUID:
    """Return the identity of an invitation: all who follow one application are invited by one."""
    cause = f"{notice.publisher}\x1f{notice.event_id}" if notice.event_id else str(notice.notice_id)
    return uuid5(_INVITATION, f"{office}\x1f{cause}")
