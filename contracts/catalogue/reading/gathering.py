"""The sections of a catalogue's files taken together: where each path stands, and what is wrong so far."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contracts.catalogue.reading.problems import (
    CatalogueError,
    Path,
    Problem,
    dotted,
)
from contracts.catalogue.reading.sentences import sentence
from contracts.catalogue.reading.tree import Document, Tree, read_document

Complain = Callable[[Path, str], None]
M = TypeVar("M", bound=BaseModel)


def _order(problem: Problem) -> tuple[str, int, str, str]:
    return problem.file, problem.line or 0, problem.path, problem.detail


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    line: int


class Gathered:
    """The sections gathered from all files, where each path stands, and what is wrong so far.

    `known`: the names that sections may have. `unread`: a file could not be read, so what it would have said
    must not be missed in the others.
    """

    def __init__(self, source: FilePath, known: Collection[str]) -> None:
        self._source = str(source)
        self._known = known
        self.sections: dict[str, dict[str, Tree]] = {}
        self._places: dict[Path, _Place] = {}
        self.unread = False
        self.problems: list[Problem] = []

    def read(self, files: Iterable[FilePath]) -> None:
        """Read files, in their order, and take their sections together."""
        for file in files:
            self.add(read_document(file, file.name))

    def add(self, document: Document) -> None:
        """Merge one file's sections into what is there; a code given in two files is a problem."""
        self.problems.extend(document.problems)
        if document.tree is None:
            self.unread |= bool(document.problems)
            return
        if not isinstance(document.tree, dict):
            document.complain(document.lines[()], (), "must be a mapping of sections")
            self.problems.append(document.problems[-1])
            return
        mine: set[Path] = set()
        for section, entries in document.tree.items():
            place = _Place(document.file, document.lines[section,])
            if section not in self._known:
                detail = f"is not a section; the sections are {', '.join(self._known)}"
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
        known = self.sections.setdefault(section, {})
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

    def given(self, *names: str) -> dict[str, dict[str, Tree]]:
        """Return those of the sections that there are."""
        return {name: self.sections[name] for name in names if name in self.sections}

    def error(self) -> CatalogueError:
        """Return everything that is wrong, in the order of files and lines."""
        return CatalogueError(tuple(sorted(set(self.problems), key=_order)))

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


def entries_of(model: type[M], entries: Mapping[str, Tree], section: str, complain: Complain) -> dict[str, M]:
    """Return the entries that could be made, by code; the others are complained of."""
    made: dict[str, M] = {}
    for code, entry in entries.items():
        if not isinstance(entry, dict):
            complain((section, code), "must be a mapping")
            continue
        if "code" in entry:
            complain((section, code, "code"), "is not a known key: the code is the entry's own key")
            continue
        entity = made_of(model, {**entry, "code": code}, (section, code), complain)
        if entity is not None:
            made[code] = entity
    return made


def made_of(model: type[M], data: Mapping[str, object] | None, path: Path, complain: Complain) -> M | None:
    """Return a model of what stands at a path; None where it could not be made, which is complained of."""
    if data is None:
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            where = tuple(part for part in detail["loc"] if part != "[key]")
            complain((*path, *where), sentence(detail))
    return None
