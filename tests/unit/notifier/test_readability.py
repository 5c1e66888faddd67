"""Whether everybody can read it: short sentences, short words, no officialese, nothing said by a sign alone.

The measure is LIX: words a sentence, plus the percentage of words of more than six letters; a colon ends a
sentence, too. English prose is easy below 30 and hard above 50; Ukrainian and Russian words are longer, so
their bounds are higher. Only lines that end like a sentence count: lists of dates and addresses have none.
"""

import re
import statistics
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from babel.messages.pofile import read_po

from contracts.catalogue import Consultation, Texts
from contracts.messages.notice import NoticeKind
from services.notifier.domain.preferences import Reader
from services.notifier.wording.i18n import LOCALES, Voice
from services.notifier.wording.notices import render_notice
from services.notifier.wording.profiles import profile
from tests.unit.notifier.conftest import MakeNotice
from tests.unit.notifier.test_consultation_golden import consultation
from tests.unit.notifier.test_conversation_golden import (
    documents,
    leaving,
    person_of,
    settings,
    ways,
    ways_in,
)

LANGUAGES = ("uk", "ru", "en")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
END = re.compile(r"[.!?:…](?=\s|$)|\n+")
PLACEHOLDER = re.compile(r"\{\w+\}")
LONG = 6
ENOUGH = 15
"""Words below which a measure of a whole message says nothing."""
STEP_SIGNS = re.compile(r"[●○]+")
SIGNS = frozenset("№●○•–—…")


@dataclass(frozen=True)
class Bounds:
    """The most that a language may have: words a sentence, letters a word, LIX at worst and usually."""

    words: int
    letters: int
    worst: float
    usual: float


BOUNDS = {"uk": Bounds(18, 17, 58, 42), "ru": Bounds(18, 17, 58, 45), "en": Bounds(22, 14, 45, 30)}
OFFICIALESE = {
    "uk": (
        r"здійсню\w+|здійснен\w+|вищезазначен\w+|зазначен\w+|вказан\w+|відповідно до|згідно|з метою|шляхом"
        r"|у зв['’]язку з|необхідно|даний|даного|даному|являється|належн\w+|стосовно|наявн\w+|відсутн\w+"
        r"|заявник\w*|у разі|в разі|інформуємо|надання послуг\w*|прохання"
    ),
    "ru": (
        r"осуществл\w+|вышеуказанн\w+|указанн\w+|в соответствии|согласно|с целью|путём|посредством|в связи с"
        r"|необходимо|данный|данного|данному|является|надлежащ\w+|касательно|наличи\w+|отсутству\w+"
        r"|заявител\w+|в случае|ввиду|вследствие|уведомля\w+|информируем|оказани\w+ услуг|просьба"
    ),
    "en": (
        r"hereby|herewith|pursuant|aforementioned|in accordance|in order to|prior to|commence\w*"
        r"|utili[sz]e\w*|regarding|notif(?:y|ied|ication\w*)|applicants?|please be advised|in the event"
        r"|terminate\w*|obtain\w*|facilitate\w*|require(?:d|ment\w*)|via|shall be|with respect to|in case of"
    ),
}


def words(text: str) -> list[str]:
    return WORD.findall(PLACEHOLDER.sub(" ", text))


def sentences(text: str) -> list[str]:
    return [one.strip() for one in END.split(text) if words(one)]


def prose(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.rstrip().endswith((".", "!", "?")))


def lix(text: str) -> float:
    """Return words a sentence plus the percentage of long words."""
    found = words(text)
    return len(found) / len(sentences(text)) + 100 * sum(len(word) > LONG for word in found) / len(found)


def officialese(language: str, text: str) -> list[str]:
    return re.findall(rf"\b(?:{OFFICIALESE[language]})\b", text.lower())


def texts_of(voice: Voice, language: str) -> Iterator[str]:
    """Yield every sentence of the bot and every text of the sample agency."""
    with (LOCALES / language / "LC_MESSAGES" / "notifier.po").open("rb") as file:
        for message in read_po(file, locale=language, domain="notifier"):
            if message.id:
                yield from (message.string,) if isinstance(message.string, str) else message.string or ()
    catalogue = voice.catalogue
    stages = [catalogue.stage_of(kind, code) for kind in catalogue.documents for code in catalogue.stages]
    found: list[Texts] = [text for stage in stages for text in (stage.name, stage.text, stage.next)]
    found += [*catalogue.notes.values(), *catalogue.papers.values()]
    found += (text for one in catalogue.consultations.values() for text in texts_asked(one))
    yield from dict.fromkeys(text[language] for text in found)


def texts_asked(one: Consultation) -> Iterator[Texts]:
    """Yield every text of a consultation."""
    for question in one.questions.values():
        yield from (question.text, *question.answers.values())
        yield from (text for text in (question.hint, question.unsure and question.unsure.remark) if text)
    yield from (paper.remark for paper in one.papers if paper.remark)
    yield from (place.text for place in one.where if place.text)
    yield from (terms.name for terms in one.terms)
    yield from (advice.text for advice in one.advice)


def messages_of(voice: Voice, notice_of: MakeNotice, language: str) -> Iterator[tuple[str, str]]:
    """Yield name and text, as it is shown, of everything that is said in chat."""
    speech = voice.to(Reader(language, personal=person_of(language).personal))
    for subject in (ways_in, documents, settings, leaving, ways, consultation):
        for name, message in subject(voice, speech).items():
            yield f"{subject.__name__}: {name}", message.shown
    for stage in voice.catalogue.stages:
        for kind in NoticeKind:
            notice = notice_of(stage=stage, kind=kind)
            yield f"{stage}, {kind}", render_notice(notice, Reader(language), voice).shown
    yield "profile", profile(speech).description


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_and_words_are_short(voice: Voice, language: str) -> None:
    """No sentence and no word is longer than people read with ease."""
    bounds, found = BOUNDS[language], list(texts_of(voice, language))

    assert [] == [one for text in found for one in sentences(text) if len(words(one)) > bounds.words]
    assert [] == [word for text in found for word in words(text) if len(word) > bounds.letters]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_officialese(voice: Voice, language: str) -> None:
    """Nothing is said as a form would say it."""
    assert {} == {text: found for text in texts_of(voice, language) if (found := officialese(language, text))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_are_easy(voice: Voice, notice_of: MakeNotice, language: str) -> None:
    """What is said in chat is easy to read, each message and all of them together."""
    bounds = BOUNDS[language]
    told = {name: prose(text) for name, text in messages_of(voice, notice_of, language)}
    measured = {name: lix(text) for name, text in told.items() if len(words(text)) >= ENOUGH}

    assert {} == {name: round(found) for name, found in measured.items() if found > bounds.worst}
    assert statistics.mean(measured.values()) <= bounds.usual


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sign_says_it_alone(voice: Voice, notice_of: MakeNotice, language: str) -> None:
    """There are no emoji, and beside the dots of the progress line stand the same two numbers in words."""
    for name, text in messages_of(voice, notice_of, language):
        signs = {sign for sign in text if unicodedata.category(sign) in {"So", "Sk", "Cs"}}
        assert signs <= SIGNS, name
        for line in text.splitlines():
            for dots in STEP_SIGNS.findall(line):
                numbers = [int(one) for one in re.findall(r"\d+", line)]
                assert [dots.count("●"), len(dots)] == numbers, name


def test_what_is_hard_is_found() -> None:
    """The measures tell a form's prose from ours."""
    hard = (
        "Звернення щодо вищезазначеного документа здійснюється заявником відповідно до встановленого порядку."
    )
    easy = "Ваш документ готовий. Його можна забрати."

    assert lix(hard) > BOUNDS["uk"].worst > lix(easy)
    assert ["вищезазначеного", "здійснюється", "заявником", "відповідно до"] == officialese("uk", hard)
    assert [] == officialese("uk", easy)
