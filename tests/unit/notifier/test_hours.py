"""Opening hours in words, and only where words say it right."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import Holidays, Office
from services.notifier.domain.messages import shown
from services.notifier.wording import opening_hours
from services.notifier.wording.i18n import Speech, Voice, load_voice
from services.notifier.wording.office_texts import open_days

WEDNESDAY = datetime(2026, 12, 23, 10, tzinfo=UTC)


def office(voice: Voice, notation: str) -> Office:
    return voice.catalogue.offices["kyiv-1"].model_copy(update={"hours": notation})


def told(voice: Voice, notation: str, language: str = "en") -> str:
    return shown(opening_hours.usual(voice.speech(language), office(voice, notation)))


def day(voice: Voice, notation: str, when: date, language: str = "en") -> str:
    (line,) = opening_hours.days_from(voice.speech(language), office(voice, notation), when, 1)
    return shown(line)


@pytest.mark.parametrize(
    ("notation", "language", "words"),
    [
        (
            "Mo-Fr 09:00-18:00; Sa 09:00-14:00; PH off",
            "en",
            "Open: Mon–Fri 09:00–18:00; Sat 09:00–14:00; closed on public holidays",
        ),
        (
            "Mo-Fr 09:00-18:00; PH,Su off",
            "uk",
            "Години роботи: пн–пт 09:00–18:00; у святкові дні зачинено",
        ),
        (
            "Mo-Fr 09:00-18:00; PH,SH OFF",
            "ru",
            "Часы работы: пн–пт 09:00–18:00; в праздничные дни и школьные каникулы закрыто",
        ),
        ("Mo-Fr 09:00-18:00; SH off", "en", "Open: Mon–Fri 09:00–18:00; closed on school holidays"),
        ("Mo-Fr 09:00-13:00,14:00-18:00", "ru", "Часы работы: пн–пт 09:00–13:00, 14:00–18:00"),
        ("Mo,We 10:00-12:00", "en", "Open: Mon 10:00–12:00; Wed 10:00–12:00"),
        ("24/7", "en", "Open: Mon–Sun 00:00–24:00"),
        ("Fr 22:00-02:00", "en", "Open: Fri 22:00–02:00"),
        ('"by appointment"', "uk", "Години роботи: за попереднім записом"),
        ('"by appointment"', "ru", "Часы работы: по предварительной записи"),
        ('open "ask at the gate"', "en", "Open: ask at the gate"),
        ("unknown", "en", "Open: ask before you come"),
        (
            'Mo-Fr 09:00-12:00; Sa "by appointment"',
            "en",
            "Open: Mon–Fri 09:00–12:00; Sat by appointment",
        ),
        (
            'Mo-Fr 09:00-12:00 open "room 5"; Sa 10:00-11:00 unknown',
            "en",
            "Open: Mon–Fri 09:00–12:00 (room 5); Sat 10:00–11:00 (ask before you come)",
        ),
        (
            'Tu, Th 09:00-11:00, 14:00-16:00 || "by appointment"',
            "ru",
            (
                "Часы работы: пн по предварительной записи; "
                "вт 09:00–11:00, 14:00–16:00, в другое время: по предварительной записи; "
                "ср по предварительной записи; "
                "чт 09:00–11:00, 14:00–16:00, в другое время: по предварительной записи; "
                "пт–вс по предварительной записи"
            ),
        ),
        ("sunrise-sunset", "uk", "Години роботи: пн–нд схід сонця–захід сонця"),
        # What no week says right stays as the agency wrote it.
        ("May Mo 10:00-12:00", "uk", "Години роботи: May Mo 10:00-12:00"),
        ("Mo 09:00-10:00; PH 10:00-11:00", "uk", "Години роботи: Mo 09:00-10:00; PH 10:00-11:00"),
        ("Mo-Fr 09:00-10:00; PH -1 day off", "en", "Open: Mo-Fr 09:00-10:00; PH -1 day off"),
        ("Mo-Sa 09:00-10:00; We[1] off", "en", "Open: Mo-Sa 09:00-10:00; We[1] off"),
        ("Mo-Fr 09:00+", "en", "Open: Mo-Fr 09:00+"),
        ("(sunrise+01:00)-sunset", "en", "Open: (sunrise+01:00)-sunset"),
        ("off", "uk", "Години роботи: off"),
        ("nine to five", "uk", "Години роботи: nine to five"),
    ],
)
def test_usual_hours_in_words(voice: Voice, notation: str, language: str, words: str) -> None:
    """A week that is always the same is told in words with its comments; anything else as it is written."""
    assert words == told(voice, notation, language)


@pytest.mark.parametrize(
    ("notation", "words"),
    [
        ('"by appointment"', "Wednesday, 23 December: by appointment"),
        ("Mo-Fr 09:00-18:00", "Wednesday, 23 December: 09:00–18:00"),
        ('Mo-Fr 09:00-18:00; 2026 Dec 23 off "repairs"', "Wednesday, 23 December: closed (repairs)"),
        ("sunrise-sunset", "Wednesday, 23 December: 07:56–15:56"),
        ("Mo-Tu 09:00-18:00", "Wednesday, 23 December: closed"),
    ],
)
def test_a_day_in_words(voice: Voice, notation: str, words: str) -> None:
    """A day is told with its hours and comments; the sun rises where the office is."""
    assert f"Today, {words}" == day(voice, notation, date(2026, 12, 23))


@pytest.mark.parametrize(
    ("notation", "language", "words"),
    [
        ("Mo-Fr 09:00-18:00", "en", "Open now. Closes: 18:00."),
        ("24/7; PH open", "uk", "Зараз відчинено."),
        ("We 10:00-24:00", "en", "Open now. Closes: 24:00."),
        ("We 10:00-26:00", "en", "Open now. Closes: Thursday, 24 December, 02:00."),
        ("Mo-Fr 14:00-18:00", "ru", "Сейчас закрыто. Следующее открытие: 14:00."),
        ("Fr 14:00-18:00", "en", "Closed now. Next opening: Friday, 25 December, 14:00."),
        ("off", "en", "Closed now."),
        ('"by appointment"', "uk", "Зараз: за попереднім записом."),
        ("We 10:00-18:00 unknown", "en", "Now: ask before you come."),
        ("Mo-Fr 09:00+", "en", None),
    ],
)
def test_what_holds_now(voice: Voice, notation: str, language: str, words: str | None) -> None:
    """At noon in Kyiv people read whether an office is open, until when, or when it opens next."""
    line = opening_hours.now(voice.speech(language), office(voice, notation), WEDNESDAY)

    assert words == (None if line is None else shown(line))


def test_hours_that_cannot_be_told_are_shown_as_written(voice: Voice) -> None:
    """In place of days that nobody can tell people read what the agency wrote."""
    text = open_days(voice.speech("en"), office(voice, "Mo-Fr 09:00+"), WEDNESDAY).shown

    assert "Open: Mo-Fr 09:00+" in text
    assert "Today" not in text


def test_days_follow_the_agencys_calendar(voice: Voice) -> None:
    """Christmas is worked where the calendar says so, and a Saturday worked for a Monday has its hours."""
    holidays = Holidays.model_validate(
        {"country": "UA", "dates": ["2026-12-31"], "moved": {"2026-12-26": "2026-12-28"}}
    )
    agency = voice.catalogue.agency.model_copy(update={"holidays": holidays})
    speech: Speech = load_voice(voice.catalogue.with_agency(agency)).speech("en")
    lines = opening_hours.days_from(speech, office(voice, "Mo-Fr 09:00-18:00; PH off"), date(2026, 12, 25), 7)

    assert ["09:00–18:00", "09:00–18:00", "closed", "closed", "09:00–18:00", "09:00–18:00", "closed"] == [
        shown(line).rpartition(": ")[2] for line in lines
    ]


@given(notation=st.text(max_size=40))
def test_nothing_that_an_agency_writes_breaks_it(voice: Voice, notation: str) -> None:
    """Whatever stands there, people read something."""
    assert "Open: " in told(voice, notation)
    assert opening_hours.now(voice.speech("en"), office(voice, notation), WEDNESDAY) != ()
