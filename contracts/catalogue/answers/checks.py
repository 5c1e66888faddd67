"""What no single part of an answer can know: languages, codes, placeholders, days, and what others say."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from contracts.catalogue.answers.model import SECTION
from contracts.catalogue.reading.gathering import Complain
from contracts.catalogue.reading.problems import Path
from contracts.knowledge import MIXED, PLACEHOLDERS, Answer, filled, placeholders, variants_of

_PLACES = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


@dataclass(frozen=True)
class Named:
    """What an answer may name: the agency's languages, codes, and of each document whether it has a stage."""

    languages: Collection[str]
    documents: Collection[str]
    stages: Collection[str]
    has_stage: Mapping[str, Callable[[str], bool]]


def check_answers(answers: Mapping[str, Answer], named: Named, complain: Complain) -> None:
    """Complain of what is wrong with each answer, and of a variant that two of them have.

    Two answers may have the same variant where they can never hold for the same person on the same day.
    """
    first: dict[str, list[Answer]] = {}
    for answer in answers.values():
        for path, detail in _faults(answer, named):
            complain((SECTION, answer.id, *path), detail)
        for language, index, variant in variants_of(answer):
            said = first.setdefault(" ".join(variant.casefold().split()), [])
            if (other := next((earlier for earlier in said if earlier.meets(answer)), None)) is not None:
                path = (SECTION, answer.id, "questions", language, index)
                complain(path, f"{variant!r} is given twice; the first is of {other.id}")
            said.append(answer)


def _faults(answer: Answer, named: Named) -> Iterator[tuple[Path, str]]:
    yield from _language_faults(answer, named.languages)
    for language, text in answer.text.items():
        yield from ((("text", language), fault) for fault in _text_faults(text))
    for index, code in enumerate(answer.documents):
        if code not in named.documents:
            yield ("documents", index), f"{code!r} is not a document type of the catalogue"
    about = [named.has_stage[code] for code in answer.documents if code in named.has_stage]
    for index, code in enumerate(answer.stages):
        if code not in named.stages:
            yield ("stages", index), f"{code!r} is not a stage of the catalogue"
        elif about and not any(has(code) for has in about):
            yield ("stages", index), f"none of its documents has the stage {code!r}"
    if answer.valid_from and answer.valid_until and answer.valid_until < answer.valid_from:
        yield ("valid_until",), f"ends on {answer.valid_until}, before it begins"


def _language_faults(answer: Answer, languages: Collection[str]) -> Iterator[tuple[Path, str]]:
    for language in languages:
        if language not in answer.text:
            yield ("text", language), f"has no text in {language!r}"
        if not answer.questions.get(language):
            yield ("questions", language), f"has no question in {language!r}"
    allowed = {"text": languages, "questions": (*languages, MIXED)}
    for key, given in (("text", answer.text), ("questions", answer.questions)):
        for language in given:
            if language not in allowed[key]:
                yield (key, language), f"is not one of the agency's languages: {', '.join(languages)}"


def _text_faults(text: str) -> Iterator[str]:
    used = placeholders(text)
    for name in sorted(used - set(PLACEHOLDERS)):
        yield f"{{{name}}} is no placeholder; they are {_PLACES}"
    if set("{}") & set(filled(text, dict.fromkeys(used, ""))):
        yield f"has a brace that is no placeholder; they are {_PLACES}"
