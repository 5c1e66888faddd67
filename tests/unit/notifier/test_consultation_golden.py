"""What is asked and told about papers, as it was read through by eye."""

from collections.abc import Mapping

import pytest

from services.notifier.domain.consultations import UNSURE, next_question, result_of
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Reader
from services.notifier.wording import prompts
from services.notifier.wording.i18n import Speech, Voice
from tests.unit.notifier.drawn_consultations import ways
from tests.unit.notifier.golden_files import GOLDEN, as_file, compare
from tests.unit.notifier.talk import AT, LANGUAGES

CASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "a child's passport": (
        "foreign_passport",
        {
            "citizen": "yes",
            "age": "from_12",
            "comes_with": "guardian",
            "reason": "expired",
            "name_changed": "yes",
            "displaced": UNSURE,
        },
    ),
    "a lost passport": (
        "foreign_passport",
        {
            "citizen": "yes",
            "age": "from_16",
            "reason": "lost",
            "name_changed": "no",
            "lost_where": "abroad",
            "displaced": "yes",
        },
    ),
    "a first card": (
        "id_card",
        {"citizen": "yes", "age": "from_14", "reason": "first", "registered": UNSURE, "displaced": "no"},
    ),
    "too young for a card": ("id_card", {"citizen": "yes", "age": "under_14"}),
    "a permit for work": (
        "temporary_residence",
        {"citizenship": "foreign", "grounds": "work", "reason": "first", "visa": "yes", "age": "adult"},
    ),
    "a permit for ever": (
        "permanent_residence",
        {"citizenship": "none", "reason": "changed", "changed_what": "name", "age": "child"},
    ),
    "no permit to immigrate": (
        "permanent_residence",
        {"citizenship": "foreign", "reason": "first", "immigration": UNSURE},
    ),
}


def consultation(_: Voice, speech: Speech) -> Mapping[str, Message]:
    found = {
        "which document": prompts.choose_papers(speech, None),
        "how to follow": prompts.how_to_follow(speech),
    }
    for code, one in speech.catalogue.consultations.items():
        for way in ways(one):
            for place, asked in enumerate(way):
                before = dict(list(way.items())[:place])
                found.setdefault(f"{code}, {asked}", prompts.question(speech, one, before, asked, None))
    first = speech.catalogue.consultations["id_card"]
    found["begun"] = prompts.question(speech, first, {"citizen": "yes"}, "age", None)
    found["begun anew"] = prompts.question(speech, first, {}, "citizen", None, anew=True)
    for name, (code, answers) in CASES.items():
        one = speech.catalogue.consultations[code]
        assert next_question(one, answers) is None
        found[name] = prompts.papers(speech, one, answers, result_of(one, answers), None)
    one, answers = speech.catalogue.consultations["temporary_residence"], CASES["a permit for work"][1]
    found["where"] = prompts.where_to_apply(speech, result_of(one, answers))
    found["file"] = prompts.papers_file(speech, one, answers, result_of(one, answers), AT)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_consultation(voice: Voice, language: str) -> None:
    """Questions and lists read as they were approved."""
    found = consultation(voice, voice.to(Reader(language)))

    text = "\n".join(f"=== {name}\n{as_file(message)}" for name, message in found.items())

    compare(GOLDEN / language / "conversation.consultation.txt", text)
