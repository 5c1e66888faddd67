"""The agency's rules about time, made from its catalogue and the public holidays of its country."""

from datetime import date
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from holidays import country_holidays, list_supported_countries

from contracts.catalogue import Catalogue
from services.tracker.domain.expected_dates import Rules, Workdays

COUNTRIES = frozenset(list_supported_countries())
"""Those whose public holidays are known, by their ISO 3166 codes."""

WEEKEND = frozenset({5, 6})
_DAYS_KEPT = _CODES_KEPT = 4096


def rules_of(catalogue: Catalogue) -> Rules:
    """Return the rules of a catalogue whose country is one of `COUNTRIES`, or none."""

    @lru_cache(_CODES_KEPT)
    def turn(document_type: str, stage: str) -> Literal["agency", "citizen"] | None:
        found = catalogue.stages.get(stage)
        if found is None or found.terminal or not catalogue.knows(document_type, stage):
            return None
        return "citizen" if found.actionable else "agency"

    days = lru_cache(_CODES_KEPT)(catalogue.expected_days)
    return Rules(_workdays(catalogue), days, turn)


def _workdays(catalogue: Catalogue) -> Workdays:
    agency = catalogue.agency
    own = frozenset(agency.holidays.dates)
    country = agency.holidays.country
    public = None if country is None else country_holidays(country)

    @lru_cache(_DAYS_KEPT)
    def works(day: date) -> bool:
        if day in own:
            return False
        if public is None:
            return day.weekday() not in WEEKEND
        # Asking for the day first makes its year known, and with it the weekends on which people work.
        return day not in public and public.is_working_day(day)

    return Workdays(ZoneInfo(agency.time_zone), works)
