"""Reading a catalogue: all its files into one tree, the tree into models, and every problem at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contracts.catalogue.checks import Complain, check, check_channels, check_holidays, check_lines
from contracts.catalogue.consultation_checks import Known, check_consultation
from contracts.catalogue.consultations import Consultation
from contracts.catalogue.models import Agency, Catalogue, DocumentType, Office, Sayings, Stage
from contracts.catalogue.phrasing import Phrasing
from contracts.catalogue.problems import CatalogueError, Path, Problem, dotted
from contracts.catalogue.sentences import sentence
from contracts.catalogue.tree import Document, Tree, read_document

M = TypeVar("M", bound=BaseModel)
_SECTIONS = (
    *("agency", "stages", "documents", "offices", "notes", "papers"),
    *("consultations", "phrases", "words"),
)
_NEEDED = ("agency", "stages", "documents")
_OURS = FilePath(__file__).parent / "phrases"


@dataclass(frozen=True)
class Loaded:
    """A catalogue that is fit; `problem` says where a path of it stands in the files."""

    catalogue: Catalogue
    problem: Callable[[Path, str], Problem]


def load_catalogue(directory_or_file: FilePath, *, countries: Collection[str] | None = None) -> Catalogue:
    """Read a catalogue as `read_catalogue` does, and forget the files."""
    return read_catalogue(directory_or_file, countries=countries).catalogue


def read_catalogue(directory_or_file: FilePath, *, countries: Collection[str] | None = None) -> Loaded:
    """Read a catalogue from one YAML file, or from all `*.yaml` files of a directory taken together.

    The sections `agency`, `stages`, `documents`, `offices`, `notes`, `papers`, `consultations`, `phrases`
    and `words` are mappings (all but the first from a code to its entry) and may be spread over files as one
    likes.
    `countries` are those whose public holidays the caller knows; None: they are no matter here. Raises
    CatalogueError with every problem found, each with file and line.
    """
    reading = _read(directory_or_file)
    catalogue = reading.catalogue()
    country = None if catalogue is None else catalogue.agency.holidays.country
    if countries is not None and country is not None and country not in countries:
        detail = f"nobody knows the public holidays of {country!r}; list them under dates instead"
        reading.complain(("agency", "holidays", "country"), detail)
    if reading.problems or catalogue is None:
        raise CatalogueError(tuple(sorted(set(reading.problems), key=_order)))
    return Loaded(catalogue, reading.at)


@cache
def our_phrasing() -> Phrasing:
    """Return the phrasings that the product brings along; CatalogueError where its files were damaged."""
    reading = _read(_OURS)
    found = reading.phrasing()
    if found is None or reading.problems:
        raise CatalogueError(tuple(sorted(set(reading.problems), key=_order)))
    return found


def _read(directory_or_file: FilePath) -> "_Reading":
    files = sorted(directory_or_file.glob("*.yaml")) if directory_or_file.is_dir() else [directory_or_file]
    reading = _Reading(str(directory_or_file))
    for file in files:
        reading.add(read_document(file, file.name))
    return reading


def _order(problem: Problem) -> tuple[str, int, str, str]:
    return problem.file, problem.line or 0, problem.path, problem.detail


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    line: int


class _Reading:
    """The sections gathered from all files, where each path stands, and what is wrong so far."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._sections: dict[str, dict[str, Tree]] = {}
        self._places: dict[Path, _Place] = {}
        self._unread = False
        self.problems: list[Problem] = []

    def add(self, document: Document) -> None:
        """Merge one file's sections into what is there; a code given in two files is a problem."""
        self.problems.extend(document.problems)
        if document.tree is None:
            # What an unread file would have said must not be missed in the others.
            self._unread |= bool(document.problems)
            return
        if not isinstance(document.tree, dict):
            document.complain(document.lines[()], (), "must be a mapping of sections")
            self.problems.append(document.problems[-1])
            return
        mine: set[Path] = set()
        for section, entries in document.tree.items():
            place = _Place(document.file, document.lines[section,])
            if section not in _SECTIONS:
                detail = f"is not a section; the sections are {', '.join(_SECTIONS)}"
                self.problems.append(Problem(place.file, place.line, section, detail))
            elif not isinstance(entries, dict):
                if entries is not None:
                    self.problems.append(Problem(place.file, place.line, section, "must be a mapping"))
            else:
                self._places.setdefault((section,), place)
                mine |= self._merge(document, section, entries)
        for path, line in document.lines.items():
            if path[:2] in mine:
                self._places[path] = _Place(document.file, line)

    def _merge(self, document: Document, section: str, entries: Mapping[str, Tree]) -> set[Path]:
        known = self._sections.setdefault(section, {})
        mine: set[Path] = set()
        for key, entry in entries.items():
            path = (section, key)
            if key in known:
                first = self._places[path]
                detail = f"is given twice; the first is at {first.file}:{first.line}"
                self.problems.append(Problem(document.file, document.lines[path], dotted(path), detail))
            else:
                known[key] = entry
                self._places[path] = _Place(document.file, document.lines[path])
                mine.add(path)
        return mine

    def complain(self, path: Path, detail: str) -> None:
        """Note a problem at the line of the path, or of the nearest thing around it."""
        self.problems.append(self.at(path, detail))

    def at(self, path: Path, detail: str) -> Problem:
        """Return a problem with the line of the path, or of the nearest thing around it."""
        for length in range(len(path), 0, -1):
            place = self._places.get(path[:length])
            if place is not None:
                return Problem(place.file, place.line, dotted(path), detail)
        return Problem(self._source, None, dotted(path), detail)

    def catalogue(self) -> Catalogue | None:
        """Make the models and check them together; None where something is too broken to be made."""
        if not self._unread:
            for section in _NEEDED:
                if not self._sections.get(section):
                    self.complain((section,), "is missing or empty")
        complain: Complain = self.complain
        agency = self._agency()
        stages = _entries(Stage, self._sections.get("stages", {}), "stages", complain)
        documents = _entries(DocumentType, self._sections.get("documents", {}), "documents", complain)
        offices = _entries(Office, self._sections.get("offices", {}), "offices", complain)
        given = self._sections.get("consultations", {})
        consultations = _entries(Consultation, given, "consultations", complain)
        sayings = _model(Sayings, self._given("notes", "papers"), (), complain)
        phrasing = self.phrasing()
        if not self._unread:
            check(self._sections, stages, documents, offices, complain)
            if agency is not None:
                check_holidays(agency.holidays, complain)
                check_channels(agency.channels, complain)
            self._check_consultations(agency, consultations)
        if agency is None or sayings is None or phrasing is None or self.problems:
            return None
        return Catalogue(
            agency=agency,
            stages=stages,
            documents=documents,
            offices=offices,
            consultations=consultations,
            notes=sayings.notes,
            papers=sayings.papers,
            phrases=phrasing.phrases,
            words=phrasing.words,
        )

    def _check_consultations(self, agency: Agency | None, found: Mapping[str, Consultation]) -> None:
        """What could not be made at all has been complained of already."""
        documents, papers, offices, all_ = (
            self._sections.get(section, {}) for section in ("documents", "papers", "offices", "consultations")
        )
        currency = agency is None or agency.currency is not None
        known = Known(documents, papers, offices, all_, currency)
        for consultation in found.values():
            check_consultation(consultation, known, self.complain)

    def _agency(self) -> Agency | None:
        """Make the agency; `bots`, from a channel to its bot's name, is an older way to say `channels`."""
        tree = self._sections.get("agency")
        bots = None if tree is None else tree.get("bots")
        if tree is None or bots is None:
            return _model(Agency, tree, ("agency",), self.complain)
        if not isinstance(bots, dict):
            self.complain(("agency", "bots"), "must be a mapping")
            return None
        if "channels" in tree:
            self.complain(("agency", "bots"), "says what channels says; keep channels alone")
            return None
        codes = list(bots)

        def complain(path: Path, detail: str) -> None:
            if path[:2] == ("agency", "channels"):
                path = ("agency", "bots", *(codes[index] for index in path[2:3] if isinstance(index, int)))
            self.complain(path, detail)

        others = {key: entry for key, entry in tree.items() if key != "bots"}
        channels = [{"channel": code, "name": name} for code, name in bots.items()]
        return _model(Agency, {**others, "channels": channels}, ("agency",), complain)

    def phrasing(self) -> Phrasing | None:
        """Make the phrasings; None where something is too broken to be made."""
        found = _model(Phrasing, self._given("phrases", "words"), (), self.complain)
        if found is not None:
            check_lines(found, self.complain)
        return found

    def _given(self, *names: str) -> dict[str, dict[str, Tree]]:
        return {name: self._sections[name] for name in names if name in self._sections}


def _entries(model: type[M], entries: Mapping[str, Tree], section: str, complain: Complain) -> dict[str, M]:
    """Return the entries that could be made, by code; the others are complained of."""
    made: dict[str, M] = {}
    for code, entry in entries.items():
        if not isinstance(entry, dict):
            complain((section, code), "must be a mapping")
            continue
        if "code" in entry:
            complain((section, code, "code"), "is not a known key: the code is the entry's own key")
            continue
        one = _model(model, {**entry, "code": code}, (section, code), complain)
        if one is not None:
            made[code] = one
    return made


def _model(model: type[M], data: Mapping[str, object] | None, path: Path, complain: Complain) -> M | None:
    if data is None:
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            where = tuple(part for part in one["loc"] if part != "[key]")
            complain((*path, *where), sentence(one))
    return None
