"""The agency's rules about time, made from its catalogue and its calendar."""

from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue
from services.tracker.domain.expected_dates import Rules, Workdays
from worktime.calendar import calendar_of

_DAYS_KEPT = _CODES_KEPT = 4096


def rules_of(catalogue: Catalogue) -> Rules:
    """Return the rules of a catalogue whose country is one that the calendar knows, or none."""

    @lru_cache(_CODES_KEPT)
    def turn(document_type: str, stage: str) -> Literal["agency", "citizen"] | None:
        found = catalogue.stages.get(stage)
        if found is None or found.terminal or not catalogue.knows(document_type, stage):
            return None
        return "citizen" if found.actionable else "agency"

    days = lru_cache(_CODES_KEPT)(catalogue.expected_days)
    return Rules(_workdays(catalogue), days, turn)


def _workdays(catalogue: Catalogue) -> Workdays:
    works = calendar_of(catalogue.agency.holidays).works
    return Workdays(ZoneInfo(catalogue.agency.time_zone), lru_cache(_DAYS_KEPT)(works))
