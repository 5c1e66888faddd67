"""An answer as an editor writes it into a form: its fields, and what is wrong with them, field by field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.catalogue import Catalogue
from contracts.knowledge import (
    ANSWER,
    LONGEST_QUESTION,
    LONGEST_TEXT,
    MIXED,
    MOST_VARIANTS,
    PLACEHOLDERS,
    Answer,
    filled,
    placeholders,
)
from services.desk.domain.finding import Wrong

Kind = Literal[
    "missing",
    "long",
    "many",
    "code",
    "taken",
    "date",
    "order",
    "placeholder",
    "stage",
    "ruled",
    "rivals",
    "unfound",
    "own",
]
Fields = Mapping[str, str]
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_NAMED = ("id", "topic", "valid_from", "valid_until")
_BOXES = ("document.", "stage.")
_TEXTS = ("questions.", "text.")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field of the form; `words` are those that it is about."""

    field: str
    kind: Kind
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Read:
    """What a form says: the answer, or None with what is wrong."""

    answer: Answer | None
    faults: Sequence[Fault] = ()


def fields_of(answer: Answer) -> Fields:
    """Return what the form of an answer holds."""
    return {
        "id": answer.id,
        "topic": answer.topic,
        "valid_from": "" if answer.valid_from is None else answer.valid_from.isoformat(),
        "valid_until": "" if answer.valid_until is None else answer.valid_until.isoformat(),
        **{f"document.{code}": "on" for code in answer.documents},
        **{f"stage.{code}": "on" for code in answer.stages},
        **{f"questions.{language}": "\n".join(lines) for language, lines in answer.questions.items()},
        **{f"text.{language}": text for language, text in answer.text.items()},
    }


def only_ours(fields: Fields) -> Fields:
    """Return those of a form's fields that an answer is written in, without empty ones."""
    return {
        name: value.replace("\r\n", "\n")
        for name, value in fields.items()
        if value.strip() and (name in _NAMED or name.startswith((*_BOXES, *_TEXTS)))
    }


def read(fields: Fields, catalogue: Catalogue) -> Read:
    """Return the answer that a form says, or all that is wrong with it by itself."""
    faults = list(_faults(fields, catalogue))
    if faults:
        return Read(None, faults)
    languages = catalogue.agency.languages
    said = {
        "id": fields["id"].strip(),
        "topic": fields["topic"].strip(),
        "questions": {
            language: lines
            for language in (*languages, MIXED)
            if (lines := lines_of(fields.get(f"questions.{language}", "")))
        },
        "text": {language: fields[f"text.{language}"].strip() for language in languages},
        "documents": [code for code in catalogue.documents if f"document.{code}" in fields],
        "stages": [code for code in catalogue.stages if f"stage.{code}" in fields],
        "valid_from": _date(fields, "valid_from"),
        "valid_until": _date(fields, "valid_until"),
    }
    return Read(ANSWER.validate_python(said))


def lines_of(text: str) -> list[str]:
    """Return the variants that are written a line each."""
    return [line for one in text.splitlines() if (line := " ".join(one.split()))]


def faults_of(wrong: Sequence[Wrong]) -> Sequence[Fault]:
    """Return what is wrong with an answer among the others, by the fields of its form."""
    return [Fault(".".join(map(str, one.place[1:3])) or "id", one.kind, one.words) for one in wrong]


def _faults(fields: Fields, catalogue: Catalogue) -> Iterator[Fault]:
    for name in ("id", "topic"):
        value = fields.get(name, "").strip()
        if not value:
            yield Fault(name, "missing")
        elif not _CODE.fullmatch(value):
            yield Fault(name, "code", (value[:40],))
    for language in (*catalogue.agency.languages, MIXED):
        yield from _question_faults(f"questions.{language}", fields, needed=language != MIXED)
    for language in catalogue.agency.languages:
        yield from _text_faults(f"text.{language}", fields.get(f"text.{language}", "").strip())
    yield from _date_faults(fields)
    about = [one for code, one in catalogue.documents.items() if f"document.{code}" in fields]
    for code in catalogue.stages:
        if f"stage.{code}" in fields and about and not any(one.knows(code) for one in about):
            yield Fault(f"stage.{code}", "stage", (code,))


def _question_faults(name: str, fields: Fields, *, needed: bool) -> Iterator[Fault]:
    lines = lines_of(fields.get(name, ""))
    if needed and not lines:
        yield Fault(name, "missing")
    if len(lines) > MOST_VARIANTS:
        yield Fault(name, "many", (str(MOST_VARIANTS),))
    for line in lines:
        if len(line) > LONGEST_QUESTION:
            yield Fault(name, "long", (line[:40], str(LONGEST_QUESTION)))


def _text_faults(name: str, text: str) -> Iterator[Fault]:
    if not text:
        yield Fault(name, "missing")
    if len(text) > LONGEST_TEXT:
        yield Fault(name, "long", (text[:40], str(LONGEST_TEXT)))
    used = placeholders(text)
    unknown = sorted(used - set(PLACEHOLDERS))
    if unknown or set("{}") & set(filled(text, dict.fromkeys(used, ""))):
        names = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
        yield Fault(name, "placeholder", (names,))


def _date_faults(fields: Fields) -> Iterator[Fault]:
    days: dict[str, date] = {}
    for name in ("valid_from", "valid_until"):
        try:
            if (day := _date(fields, name)) is not None:
                days[name] = day
        except ValueError:
            yield Fault(name, "date", (fields[name][:40],))
    if len(days) > 1 and days["valid_until"] < days["valid_from"]:
        yield Fault("valid_until", "order")


def _date(fields: Fields, name: str) -> date | None:
    value = fields.get(name, "").strip()
    return date.fromisoformat(value) if value else None
