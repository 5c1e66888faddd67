"""Files of answers alone, in the form that the agency's `questions.yaml` has: read, and written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

import yaml

from contracts.catalogue.answers.checks import Named, check_answers
from contracts.catalogue.answers.model import SECTION, answers_of
from contracts.catalogue.models import Catalogue
from contracts.catalogue.reading.gathering import Gathered
from contracts.catalogue.reading.problems import Path, Problem
from contracts.knowledge import Answer

_WRITTEN = ("topic", "questions", "text", "documents", "stages", "valid_from", "valid_until")


@dataclass(frozen=True)
class LoadedAnswers:
    """Answers that are fit by themselves; `problem` says where a path of one stands in the file."""

    answers: Mapping[str, Answer]
    problem: Callable[[Path, str], Problem]


def named_in(catalogue: Catalogue) -> Named:
    """Return what answers of this catalogue may name."""
    has_stage = {code: document.knows for code, document in catalogue.documents.items()}
    return Named(catalogue.agency.languages, catalogue.documents, catalogue.stages, has_stage)


def read_answers(file: FilePath, catalogue: Catalogue) -> LoadedAnswers:
    """Read a file that has the section `answers` and no other.

    Raises CatalogueError with every problem found, each with its line.
    """
    reading = Gathered(file, (SECTION,))
    reading.read([file])
    answers = answers_of(reading.sections.get(SECTION, {}), reading.complain)
    if not reading.unread:
        check_answers(answers, named_in(catalogue), reading.complain)
        if not answers and not reading.problems:
            reading.complain((SECTION,), "is missing or empty")
    if reading.problems:
        raise reading.error()
    return LoadedAnswers(answers, reading.at)


def written(answers: Iterable[Answer]) -> str:
    """Return a file of answers, which `read_answers` reads as the same ones, by id."""
    entries = {answer.id: _entry(answer) for answer in sorted(answers, key=lambda answer: answer.id)}
    return yaml.safe_dump({SECTION: entries}, allow_unicode=True, sort_keys=False, width=110)


def _entry(answer: Answer) -> dict[str, object]:
    said = answer.model_dump(mode="json", exclude_defaults=True)
    return {name: said[name] for name in _WRITTEN if name in said}
