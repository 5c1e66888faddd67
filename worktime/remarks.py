"""What an agency should know of its offices' hours before people read them: no mistakes, but worth a look."""

from collections.abc import Iterator
from dataclasses import dataclass

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # not in its stubs

from contracts.catalogue import Agency, Catalogue, Path
from worktime.calendar import Calendar, calendar_of
from worktime.hours import exact_rules
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
    for code, office in catalogue.offices.items():
        for detail in _details(office.hours, calendar, catalogue.agency):
            yield Remark(("offices", code, "hours"), detail)


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
