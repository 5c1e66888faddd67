"""What an agency should know of its offices' hours before people read them: no mistakes, but worth a look."""

from collections.abc import Iterator
from dataclasses import dataclass

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # not in its stubs

from contracts.catalogue import Agency, Catalogue, Path
from worktime.calendar import Calendar, calendar_of
from worktime.hours import SUN, exact_rules
from worktime.rules import Rule, rules_of
from worktime.week import week_of

TRANSLATED = frozenset({"by appointment"})
"""The comments that people read in their own language."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing worth a look: where it stands in the catalogue, and a sentence."""

    path: Path
    detail: str


def remarks_on(catalogue: Catalogue) -> Iterator[Remark]:
    """Yield what people will read otherwise than an agency may expect."""
    calendar = calendar_of(catalogue.agency.holidays)
    if catalogue.agency.desk is not None:
        yield from (
            Remark(("agency", "desk", "hours"), detail) for detail in _desk(catalogue.agency, calendar)
        )
    for code, office in catalogue.offices.items():
        for detail in _details(office.hours, calendar, catalogue.agency):
            yield Remark(("offices", code, "hours"), detail)
        if office.appointments is not None and exact_rules(office.hours, calendar) is None:
            detail = "nobody can be given an appointment: the office's hours cannot be told exactly"
            yield Remark(("offices", code, "appointments"), detail)
    calls = catalogue.agency.calls
    if calls is not None and (fault := fault_of_hours(calls.hours, calendar)) is not None:
        yield Remark(("agency", "calls", "hours"), f"{fault}; the desk will not start")


def fault_of_hours(notation: str, calendar: Calendar) -> str | None:
    """Return why hours cannot be told exactly without a place on the map; None where they can."""
    rules = exact_rules(notation, calendar)
    if rules is None:
        return f"cannot be told exactly{_place(notation)}"
    if any(event in rule.times for rule in rules for event in SUN):
        return "follows the sun, and calls are made at no place"
    return None


def _desk(agency: Agency, calendar: Calendar) -> Iterator[str]:
    """Yield what hinders to tell when people answer: hours are counted there, and never shown."""
    if agency.desk is None:
        return
    if rules_of(agency.desk.hours) is None:
        yield f"cannot be read{_place(agency.desk.hours)}; the desk counts as open at any time"
    elif exact_rules(agency.desk.hours, calendar) is None:
        yield "depends on school holidays (SH), and agency.holidays.school lists none"


def _details(notation: str, calendar: Calendar, agency: Agency) -> Iterator[str]:
    rules = rules_of(notation)
    if rules is None:
        yield f"cannot be read{_place(notation)}; people see it as it is written"
        return
    yield from _shown_as_written(rules, notation, calendar)
    if not any(one.kind == "PH" for rule in rules for one in rule.holidays) and _has_days_off(calendar):
        detail = "says nothing of public holidays: add 'PH off', or the hours with 'PH 10:00-14:00'"
        yield f"{detail}; only on the agency's own days off the office is told closed"
    comments = {rule.comment for rule in rules} - {""} - TRANSLATED
    if comments and len(agency.languages) > 1:
        named = ", ".join(f'"{one}"' for one in sorted(comments))
        yield f"has comments that are shown in every language as they stand: {named}"


def _shown_as_written(rules: tuple[Rule, ...], notation: str, calendar: Calendar) -> Iterator[str]:
    if any(rule.vague for rule in rules):
        yield "leaves the end of hours open, or names points in time; people see it as it is written"
    elif exact_rules(notation, calendar) is None:
        yield "depends on school holidays (SH), and agency.holidays.school lists none: shown as written"
    elif week_of(notation) is None:
        yield "is not the same every week; messages about a document show it as it is written"


def _has_days_off(calendar: Calendar) -> bool:
    return calendar.public is not None or bool(calendar.dates)


def _place(notation: str) -> str:
    """Return where reading ended, as ` from character 7 on`, where the parser says so."""
    try:
        OpeningHours(notation)
    except ParserError as error:
        column = str(error).partition("--> 1:")[2].split("\n")[0].strip()
        return f" from character {column} on" if column.isdigit() else ""
    except UnicodeEncodeError:
        return ""
    return ""
