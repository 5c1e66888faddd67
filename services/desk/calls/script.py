"""What a caller says: the catalogue's own texts in the language of whom they call, and the office's days.

The sentences around them are the room's, read in the citizen's language as well. Nothing here names a person:
the caller asks for their name and finds it in the back office.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date

from contracts.catalogue import Catalogue, Office
from services.desk.calls.entries import Call
from worktime.calendar import calendar_of
from worktime.hours import Day, Place, day_of

DAYS = 5
_FULL_DAY = 24 * 60
_REGIONS = {"en": "en_GB"}


@dataclass(frozen=True, slots=True)
class OpenDay:
    """An office's hours on a day: spans such as `09:00-13:00`; none: closed."""

    day: str
    spans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """An office as it is told; `hours` as they are written, where its `days` cannot be told exactly."""

    name: str
    address: str
    phone: str
    days: Sequence[OpenDay]
    hours: str


@dataclass(frozen=True, slots=True)
class Script:
    """What to say, in one language: the stage, sentences about it, the papers that are missing."""

    language: str
    agency: str
    document: str
    stage: str
    text: str
    next_: str
    note: str | None
    papers: Sequence[str]
    where: Where | None


def language_of(catalogue: Catalogue, call: Call) -> str:
    """Return in which language to call somebody: theirs where it is spoken, else the first of calls."""
    terms = catalogue.agency.calls
    spoken = (terms.languages if terms is not None else ()) or catalogue.agency.languages
    return call.language if call.language in spoken else spoken[0]


def script_of(catalogue: Catalogue, call: Call, now: datetime) -> Script | None:
    """Return what to say to somebody; None where the catalogue has forgotten their document or stage."""
    if not catalogue.knows(call.document_type, call.stage):
        return None
    language = language_of(catalogue, call)
    stage = catalogue.stage_of(call.document_type, call.stage)
    office, note = catalogue.offices.get(call.office or ""), catalogue.notes.get(call.note or "")
    papers = [catalogue.papers[code] for code in call.missing if code in catalogue.papers]
    return Script(
        language,
        catalogue.text(catalogue.agency.name, language),
        catalogue.text(catalogue.documents[call.document_type].name, language),
        catalogue.text(stage.name, language),
        catalogue.text(stage.text, language),
        catalogue.text(stage.next, language),
        None if note is None else catalogue.text(note, language),
        [catalogue.text(paper, language) for paper in papers],
        None if office is None else _where(catalogue, office, language, now),
    )


def _where(catalogue: Catalogue, office: Office, language: str, now: datetime) -> Where:
    zone = ZoneInfo(catalogue.agency.time_zone)
    place, calendar = Place(office.latitude, office.longitude, zone), calendar_of(catalogue.agency.holidays)
    first = now.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range(DAYS)]
    found = [(day, day_of(office.hours, day, calendar, place)) for day in days]
    told = [_open_day(day, hours, language) for day, hours in found if hours is not None]
    return Where(
        catalogue.text(office.name, language),
        catalogue.text(office.address, language),
        office.phone,
        told if len(told) == len(days) else (),
        office.hours,
    )


def _open_day(day: date, hours: Day, language: str) -> OpenDay:
    locale = Locale.parse(_REGIONS.get(language, language))
    spans = tuple(
        f"{_clock(span.start)}\u2013{_clock(span.end)}" if span.named else span.comment
        for span in hours
        if span.state != "closed"
    )
    return OpenDay(format_date(day, "EEEE, d MMMM", locale=locale), tuple(one for one in spans if one))


def _clock(minutes: int) -> str:
    if minutes == _FULL_DAY:
        return "24:00"
    hours, left = divmod(minutes % _FULL_DAY, 60)
    return time(hours, left).isoformat("minutes")
