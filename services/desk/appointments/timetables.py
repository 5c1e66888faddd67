"""The timetables of all offices that give appointments, made once from the catalogue."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue
from services.desk.domain.slots import Timetable
from worktime.calendar import calendar_of


def timetables_of(catalogue: Catalogue) -> Mapping[str, Timetable]:
    """Return the timetables by the codes of their offices."""
    calendar, zone = calendar_of(catalogue.agency.holidays), ZoneInfo(catalogue.agency.time_zone)
    return {
        code: Timetable(office, office.appointments, calendar, zone)
        for code, office in catalogue.offices.items()
        if office.appointments is not None
    }
