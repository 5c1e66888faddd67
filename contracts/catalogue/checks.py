"""What no single entry can know: languages everywhere, stages that exist, ranks that rise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from contracts.catalogue.booking import faults
from contracts.catalogue.channel_terms import ChannelTerms
from contracts.catalogue.consultation_checks import consultation_texts, longest_text
from contracts.catalogue.models import Agency, DocumentType, Holidays, Office, Stage
from contracts.catalogue.phrasing import Phrasing
from contracts.catalogue.reading.problems import Path, dotted
from contracts.catalogue.reading.tree import Tree

Complain = Callable[[Path, str], None]
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "stages": ("name", "text", "next"),
    "documents": ("name",),
    "offices": ("name", "address"),
}


def check(
    sections: Mapping[str, Mapping[str, Tree]],
    stages: Mapping[str, Stage],
    documents: Mapping[str, DocumentType],
    offices: Mapping[str, Office],
    complain: Complain,
) -> None:
    """Complain of texts without a language, of ways that cannot be gone, of days that nobody counts.

    `sections` is the raw tree, so that texts are checked even in entries that could not be made.
    """
    languages = _languages(sections.get("agency", {}), complain)
    if languages:
        for path, texts in _texts(sections):
            _check_texts(path, texts, languages, complain)
    for stage in stages.values():
        _check_stage(stage, complain)
    known = sections.get("stages", {})
    for document in documents.values():
        _check_way(document, known, stages, complain)
        for code in document.overrides.keys() & stages.keys():
            _check_override(document, stages[code], complain)
    for office in offices.values():
        _check_days(office, sections.get("documents", {}), documents, stages, complain)
        _check_appointments(office, complain)
        # Stages that could not be made have their own complaint, and would be missed here.
        if stages.keys() == known.keys():
            _check_bookable(office, documents, stages, complain)


def check_channels(channels: Sequence[ChannelTerms], complain: Complain) -> None:
    """Complain of accounts that are there twice, by their own name or by the bot's."""
    accounts: set[str] = set()
    names: set[tuple[str, str]] = set()
    for index, terms in enumerate(channels):
        bot = terms.channel, terms.name.lower()
        if terms.account_name in accounts:
            detail = f"{terms.account_name} is there already; give a further bot an account of its own"
            complain(("agency", "channels", index), detail)
        elif bot in names:
            complain(("agency", "channels", index, "name"), f"{terms.name!r} is there already")
        accounts.add(terms.account_name)
        names.add(bot)


def check_desk(agency: Agency, complain: Complain) -> None:
    """Complain of languages in which people answer and which are not the agency's, and of nameless topics."""
    if agency.desk is None:
        return
    path: Path = ("agency", "desk")
    for index, language in enumerate(agency.desk.languages):
        if language not in agency.languages:
            detail = f"is not one of the agency's languages: {', '.join(agency.languages)}"
            complain((*path, "languages", index), detail)
    for topic, names in agency.desk.topics.items():
        missing = [language for language in agency.languages if not names.get(language, "").strip()]
        if missing:
            complain((*path, "topics", topic), f"has no name in {', '.join(missing)}")


def check_calls(agency: Agency, stages: Mapping[str, Tree], complain: Complain) -> None:
    """Complain of calls in a language that the agency does not speak, or about a stage that is none."""
    terms = agency.calls
    if terms is None:
        return
    for index, language in enumerate(terms.languages):
        if language not in agency.languages:
            spoken = ", ".join(agency.languages)
            complain(
                ("agency", "calls", "languages", index), f"is not one of the agency's languages: {spoken}"
            )
    for index, code in enumerate(terms.stages):
        if code not in stages:
            complain(("agency", "calls", "stages", index), f"{code!r} is not a stage of the catalogue")


def check_holidays(holidays: Holidays, complain: Complain) -> None:
    """Complain of moved working days that contradict each other or the days off, and of ranges backwards."""
    path: Path = ("agency", "holidays")
    seen: dict[date, date] = {}
    for worked, free in holidays.moved.items():
        here = (*path, "moved", worked.isoformat())
        if worked == free:
            complain(here, "is worked in place of itself")
        elif free in holidays.moved:
            complain(here, f"{free} is worked itself, so it cannot be the day off")
        elif free in seen:
            complain(here, f"{free} is off already for {seen[free]}")
        elif worked in holidays.dates:
            complain(here, "is a day off under dates")
        seen.setdefault(free, worked)
    for index, days in enumerate(holidays.school):
        if days.last < days.first:
            complain((*path, "school", index), f"ends on {days.last}, before it begins")


def _check_stage(stage: Stage, complain: Complain) -> None:
    path: Path = ("stages", stage.code)
    if stage.detour and stage.terminal:
        complain(path, "cannot be both a detour and terminal")
    if stage.expected_days is not None:
        _check_counted((*path, "expected_days"), stage, complain)
    _check_reach((*path, "reach_within"), stage, stage.ttl_hours, complain)


def _check_override(document: DocumentType, stage: Stage, complain: Complain) -> None:
    path: Path = ("documents", document.code, "overrides", stage.code)
    override = document.overrides[stage.code]
    if override.expected_days is not None:
        _check_counted((*path, "expected_days"), stage, complain)
    if override.ttl_hours is not None:
        _check_reach((*path, "ttl_hours"), stage, override.ttl_hours, complain)


def check_lines(phrasing: Phrasing, complain: Complain) -> None:
    """Complain of a phrasing that is given twice in a language, or under two labels."""
    first: dict[str, Path] = {}
    for path, line in phrasing.lines():
        before = first.setdefault(" ".join(line.casefold().split()), path)
        same_label, same_language = before[1] == path[1], before[:3] == path[:3]
        if before != path and (same_language or not same_label):
            complain(path, f"{line!r} is given twice; the first is {dotted(before)}")


def _check_days(
    office: Office,
    known: Mapping[str, Tree],
    documents: Mapping[str, DocumentType],
    stages: Mapping[str, Stage],
    complain: Complain,
) -> None:
    """What could not be made at all has been complained of already."""
    for code, days in office.expected_days.items():
        path = ("offices", office.code, "expected_days", code)
        if code not in known:
            complain(path, f"{code!r} is not a document type of the catalogue")
        for stage in days:
            if code in documents and not documents[code].knows(stage):
                complain((*path, stage), f"{code} has no stage {stage!r}")
            elif stage in stages:
                _check_counted((*path, stage), stages[stage], complain)


def _check_appointments(office: Office, complain: Complain) -> None:
    for where, detail in () if office.appointments is None else faults(office.appointments):
        complain(("offices", office.code, "appointments", *where), detail)


def _check_bookable(
    office: Office, documents: Mapping[str, DocumentType], stages: Mapping[str, Stage], complain: Complain
) -> None:
    """Complain of appointments that nobody can ever book."""
    on_the_way = {code for document in documents.values() for code in document.stages}
    ready = (stage for stage in stages.values() if stage.actionable and not stage.terminal)
    if office.appointments is None or not documents or any(stage.code in on_the_way for stage in ready):
        return
    detail = "nobody can ever book: no stage on the way of a document is actionable"
    complain(("offices", office.code, "appointments"), detail)


def _check_counted(path: Path, stage: Stage, complain: Complain) -> None:
    """Days are counted only while the agency is to act."""
    if stage.terminal:
        complain(path, f"is never counted: the way ends at {stage.code!r}")
    elif stage.actionable:
        complain(path, f"is never counted: at {stage.code!r} it is the citizen's turn")


def _check_reach(path: Path, stage: Stage, ttl_hours: int, complain: Complain) -> None:
    """A further address is tried only while the notice is worth sending."""
    if stage.reach_within is not None and stage.reach_within >= timedelta(hours=ttl_hours):
        complain(path, f"a notice of {stage.code!r} lives {ttl_hours} h, no longer than its reach_within")


def _languages(agency: Mapping[str, Tree], complain: Complain) -> tuple[str, ...]:
    given = agency.get("languages")
    if not isinstance(given, list):
        return ()
    languages = tuple(language for language in given if isinstance(language, str))
    if len(set(languages)) < len(languages):
        complain(("agency", "languages"), "names a language twice")
    return tuple(dict.fromkeys(languages))


def _texts(sections: Mapping[str, Mapping[str, Tree]]) -> Iterator[tuple[Path, Tree]]:
    """Yield every set of texts with its path."""
    agency = sections.get("agency", {})
    if "name" in agency:
        yield ("agency", "name"), agency["name"]
    for section, keys in _TEXTS.items():
        for code, entry in sections.get(section, {}).items():
            if isinstance(entry, dict):
                yield from (((section, code, key), entry[key]) for key in keys if key in entry)
                yield from _override_texts((section, code, "overrides"), entry.get("overrides"))
    for code, entry in sections.get("consultations", {}).items():
        yield from ((("consultations", code, *path), texts) for path, texts in consultation_texts(entry))
    for section in ("notes", "papers"):
        yield from (((section, code), texts) for code, texts in sections.get(section, {}).items())


def _override_texts(path: Path, overrides: Tree) -> Iterator[tuple[Path, Tree]]:
    if isinstance(overrides, dict):
        for stage, override in overrides.items():
            if isinstance(override, dict):
                yield from (
                    ((*path, stage, key), override[key])
                    for key in ("text", "next")
                    if override.get(key) is not None
                )


def _check_texts(path: Path, texts: Tree, languages: tuple[str, ...], complain: Complain) -> None:
    """What is not a text at all, the models complain of."""
    if not isinstance(texts, dict):
        return
    for language in languages:
        text = texts.get(language)
        if language not in texts:
            complain((*path, language), f"has no text in {language!r}")
        elif isinstance(text, str) and not text.strip():
            complain((*path, language), f"has an empty text in {language!r}")
        elif (
            isinstance(text, str) and path[0] == "consultations" and len(text) > (most := longest_text(path))
        ):
            complain((*path, language), f"is longer than {most} letters")
    for language in texts:
        if language not in languages:
            complain((*path, language), f"is not one of the agency's languages: {', '.join(languages)}")


def _check_way(
    document: DocumentType, known: Mapping[str, Tree], stages: Mapping[str, Stage], complain: Complain
) -> None:
    _check_codes(document, known, complain)
    path = ("documents", document.code)
    way = [(index, stages[code]) for index, code in enumerate(document.stages) if code in stages]
    for (_, before), (index, after) in pairwise(way):
        if after.rank <= before.rank:
            detail = (
                f"{after.code!r} has rank {after.rank}, not above {before.rank} of {before.code!r} before it"
            )
            complain((*path, "stages", index), detail)
    for index, stage in way:
        fault = _main_way_fault(stage, last=index == len(document.stages) - 1)
        if fault:
            complain((*path, "stages", index), f"{stage.code!r} {fault}")
    for index, code in enumerate(document.aside):
        if code in stages and not (stages[code].detour or stages[code].terminal):
            complain(
                (*path, "aside", index), f"{code!r} is neither a detour nor terminal; list it under stages"
            )


def _main_way_fault(stage: Stage, *, last: bool) -> str | None:
    if stage.detour:
        return "is a detour; list it under aside"
    if stage.terminal and not last:
        return "is terminal; only the last stage may be"
    if last and not stage.terminal:
        return "ends the way and must be terminal"
    return None


def _check_codes(document: DocumentType, known: Mapping[str, Tree], complain: Complain) -> None:
    path = ("documents", document.code)
    seen: set[str] = set()
    for key, codes in (("stages", document.stages), ("aside", document.aside)):
        for index, code in enumerate(codes):
            if code not in known:
                complain((*path, key, index), f"{code!r} is not a stage of the catalogue")
            elif code in seen:
                complain((*path, key, index), f"{code!r} is listed twice")
            seen.add(code)
    for code in document.overrides:
        if code not in seen:
            complain((*path, "overrides", code), f"{document.code} has no stage {code!r}")
