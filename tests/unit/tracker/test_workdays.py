from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.catalogue import Agency, Catalogue, Holidays, load_catalogue
from services.tracker.domain.working_days import rules_of
from worktime.calendar import COUNTRIES

SAMPLE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"


@pytest.fixture(scope="module")
def sample() -> Catalogue:
    return load_catalogue(SAMPLE, countries=COUNTRIES)


def agency_of(sample: Catalogue, country: str | None, *dates: date) -> Catalogue:
    agency: Agency = sample.agency.model_copy(update={"holidays": Holidays(country=country, dates=dates)})
    return sample.with_agency(agency)


@pytest.mark.parametrize(
    ("country", "day", "works"),
    [
        (None, date(2026, 1, 1), True),
        (None, date(2026, 1, 3), False),
        ("PL", date(2026, 1, 1), False),
        ("PL", date(2026, 1, 2), True),
        ("SA", date(2026, 1, 2), False),
        ("SA", date(2026, 1, 4), True),
        ("HU", date(2026, 1, 10), True),
        ("PL", date(2026, 1, 5), False),
    ],
)
def test_a_country_has_its_own_days_off(
    sample: Catalogue, country: str | None, day: date, *, works: bool
) -> None:
    """Weekends, holidays and Saturdays to work on are the country's; the agency's own dates are off too."""
    rules = rules_of(agency_of(sample, country, date(2026, 1, 5)))

    assert rules.workdays.works(day) == works


def test_days_are_those_of_document_stage_and_office(sample: Catalogue) -> None:
    """An office's own days go before the document's, those before the stage's."""
    days = rules_of(sample).days

    assert [days(one, "verification", None) for one in ("id_card", "permanent_residence")] == [3, 15]
    assert [days("id_card", "shipped", office) for office in ("kyiv-1", "uzhhorod")] == [3, 5]
    assert days("id_card", "lost", None) is None


def test_whose_turn_it_is(sample: Catalogue) -> None:
    """Where the citizen is to act it is theirs; after the end, and at an unknown stage, nobody's."""
    turn = rules_of(sample).turn
    stages = ("printing", "arrived", "correction_needed", "issued", "rejected", "lost")

    assert [turn("id_card", one) for one in stages] == ["agency", "citizen", "citizen", None, None, None]


def test_every_calendar_goes_on(sample: Catalogue) -> None:
    """Fifty business days after any new year of the next decades can be reckoned."""
    workdays = rules_of(sample).workdays
    ends = [workdays.after(date(year, 1, 1), 50) for year in range(2026, 2060)]

    assert all(timedelta(days=66) < end - date(end.year, 1, 1) < timedelta(days=100) for end in ends)
