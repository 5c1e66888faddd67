"""What people mean by their own words, held against phrasings that were written before the rules."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts.knowledge import LABELS
from services.notifier.domain.actions import Reply
from services.notifier.wording.i18n import Voice
from tests.intents import INTENTS
from tests.unit.notifier.talk import data, only, planned

understood = INTENTS.understood
PHRASINGS = yaml.safe_load((Path(__file__).parent / "phrasings.yaml").read_text())
LANGUAGES = ("uk", "ru", "en")
SAID = [
    (language, meant, text)
    for language in LANGUAGES
    for meant, texts in PHRASINGS[language].items()
    for text in texts
]
MOST_MISSED = 0
LEAVING = {"stop", "forget"}


def test_there_are_enough_phrasings() -> None:
    """Sixty and more phrasings ask for five things in three languages."""
    assert len(SAID) >= 60
    assert {(language, meant) for language, meant, _ in SAID} == {
        (language, meant)
        for language in LANGUAGES
        for meant in ("where", "when", "bring", "stop", "language")
    }


def test_people_are_understood() -> None:
    """Every phrasing is understood as it was meant."""
    missed = [(text, meant, understood(text)) for _, meant, text in SAID if understood(text) != meant]

    assert len(missed) <= MOST_MISSED, missed


def test_nobody_is_taken_to_leave_who_does_not_mean_it() -> None:
    """No phrasing with another meaning is understood as a wish to stop or to be forgotten."""
    others = [text for _, meant, text in SAID if meant != "stop"] + PHRASINGS["neither"]

    assert [] == [text for text in others if understood(text) in LEAVING]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("забудьте меня", "forget"),
        ("сотрите мои данные", "forget"),
        ("please delete my data", "forget"),
        ("Коли відчинено відділення?", "hours"),
        ("где находится отделение", "office"),
        ("what are your opening hours", "hours"),
        ("допоможіть", "help"),
        ("скасувати", "cancel"),
        ("...", None),
        ("", None),
    ],
)
def test_other_wishes(text: str, meant: str | None) -> None:
    """Being forgotten, opening hours and taking something back are understood too, and nothing is nothing."""
    assert meant == understood(text)


@pytest.mark.parametrize("text", ["stop", "хватит слать сообщения", "забудьте меня", "erase my data please"])
def test_leaving_by_words_is_asked_about_first(voice: Voice, text: str) -> None:
    """However plain the wish to leave, the answer is a question and a tap decides."""
    found = planned(voice, text)

    assert isinstance(found, Reply)
    assert data(only(found))[0] in {"x:all", "f"}


@given(text=st.text(max_size=500))
def test_any_text_is_read(text: str) -> None:
    """No text breaks the reading."""
    assert understood(text) in {*LABELS, None}
