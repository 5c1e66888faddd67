"""Reading a catalogue: all its files into one tree, the tree into models, and every problem at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath

from contracts.catalogue.answers.checks import Named, check_answers
from contracts.catalogue.answers.model import answers_of
from contracts.catalogue.checks import (
    check,
    check_calls,
    check_channels,
    check_holidays,
    check_lines,
)
from contracts.catalogue.consultation_checks import Known, check_consultation
from contracts.catalogue.consultations import Consultation
from contracts.catalogue.desk_checks import check_desk
from contracts.catalogue.models import Agency, Catalogue, DocumentType, Office, Sayings, Stage
from contracts.catalogue.phrasing import Phrasing
from contracts.catalogue.reading.gathering import Complain, Gathered, entries_of, made_of
from contracts.catalogue.reading.problems import Path, Problem

_SECTIONS = (
    *("agency", "stages", "documents", "offices", "notes", "papers"),
    *("consultations", "answers", "phrases", "words"),
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

    The sections `agency`, `stages`, `documents`, `offices`, `notes`, `papers`, `consultations`, `answers`,
    `phrases` and `words` are mappings (all but the first from a code to its entry) and may be spread over
    files as one likes.
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
        raise reading.error()
    return Loaded(catalogue, reading.at)


@cache
def our_phrasing() -> Phrasing:
    """Return the phrasings that the product brings along; CatalogueError where its files were damaged."""
    reading = _read(_OURS)
    phrasing = reading.phrasing()
    if phrasing is None or reading.problems:
        raise reading.error()
    return phrasing


def _read(directory_or_file: FilePath) -> "_Reading":
    files = sorted(directory_or_file.glob("*.yaml")) if directory_or_file.is_dir() else [directory_or_file]
    reading = _Reading(directory_or_file, _SECTIONS)
    reading.read(files)
    return reading


class _Reading(Gathered):
    """The files of one catalogue."""

    def catalogue(self) -> Catalogue | None:
        """Make the models and check them together; None where something is too broken to be made."""
        if not self.unread:
            for section in _NEEDED:
                if not self.sections.get(section):
                    self.complain((section,), "is missing or empty")
        complain: Complain = self.complain
        agency = self._agency()
        stages = entries_of(Stage, self.sections.get("stages", {}), "stages", complain)
        documents = entries_of(DocumentType, self.sections.get("documents", {}), "documents", complain)
        offices = entries_of(Office, self.sections.get("offices", {}), "offices", complain)
        given = self.sections.get("consultations", {})
        consultations = entries_of(Consultation, given, "consultations", complain)
        answers = answers_of(self.sections.get("answers", {}), complain)
        sayings = made_of(Sayings, self.given("notes", "papers"), (), complain)
        phrasing = self.phrasing()
        if not self.unread:
            check(self.sections, stages, documents, offices, complain)
            if agency is not None:
                check_holidays(agency.holidays, complain)
                check_channels(agency.channels, complain)
                check_desk(agency, complain)
                check_calls(agency, self.sections.get("stages", {}), complain)
            self._check_consultations(agency, consultations)
            if agency is not None:
                given_documents, given_stages = (
                    self.sections.get(section, {}) for section in ("documents", "stages")
                )
                has_stage = {code: document.knows for code, document in documents.items()}
                named = Named(agency.languages, given_documents, given_stages, has_stage)
                check_answers(answers, named, complain)
        if agency is None or sayings is None or phrasing is None or self.problems:
            return None
        return Catalogue(
            agency=agency,
            stages=stages,
            documents=documents,
            offices=offices,
            consultations=consultations,
            answers=answers,
            notes=sayings.notes,
            papers=sayings.papers,
            phrases=phrasing.phrases,
            words=phrasing.words,
        )

    def _check_consultations(self, agency: Agency | None, consultations: Mapping[str, Consultation]) -> None:
        """What could not be made at all has been complained of already."""
        documents, papers, offices, all_ = (
            self.sections.get(section, {}) for section in ("documents", "papers", "offices", "consultations")
        )
        currency = agency is None or agency.currency is not None
        known = Known(documents, papers, offices, all_, currency)
        for consultation in consultations.values():
            check_consultation(consultation, known, self.complain)

    def _agency(self) -> Agency | None:
        """Make the agency; `bots`, from a channel to its bot's name, is an older way to say `channels`."""
        tree = self.sections.get("agency")
        bots = None if tree is None else tree.get("bots")
        if tree is None or bots is None:
            return made_of(Agency, tree, ("agency",), self.complain)
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
        return made_of(Agency, {**others, "channels": channels}, ("agency",), complain)

    def phrasing(self) -> Phrasing | None:
        """Make the phrasings; None where something is too broken to be made."""
        phrasing = made_of(Phrasing, self.given("phrases", "words"), (), self.complain)
        if phrasing is not None:
            check_lines(phrasing, self.complain)
        return phrasing
