"""One's own settings: what is offered, what is stored, what is typed, and that it shows at once."""

from datetime import time
from uuid import UUID

import pytest

from services.notifier.conversation import replies
from services.notifier.domain.actions import Action, Follow, MakeShare, Reply, Unavailable
from services.notifier.domain.incoming import Said
from services.notifier.domain.messages import utf16_length
from services.notifier.domain.preferences import (
    LONGEST_NAME,
    MOST_NAMES,
    Awaiting,
    Personal,
    Reader,
    SetName,
    SetPhrase,
    SetQuiet,
    SetZone,
)
from services.notifier.domain.quiet_hours import OwnHours
from services.notifier.domain.time_zones import find
from services.notifier.wording.i18n import Voice
from services.notifier.wording.notices import render_notice, signed
from tests.unit.notifier.conftest import MakeNotice
from tests.unit.notifier.talk import (
    CODE,
    ONE,
    STRANGER,
    TWO,
    came,
    data,
    follower,
    only,
    planned,
    tap,
    told,
)
from tests.unit.notifier.test_conversation_golden import documents, leaving, settings, ways_in

PHRASE, NAME, CITY = Awaiting("phrase"), Awaiting("name", ONE), Awaiting("zone")


@pytest.mark.parametrize(
    ("act", "stored"),
    [
        ("q:2200-0800", SetQuiet(OwnHours(time(22), time(8)), "17")),
        ("q:0000-0000", SetQuiet(OwnHours(time(0), time(0)), "17")),
        ("q:usual", SetQuiet(None, "17")),
        ("z:Europe/Warsaw", SetZone("Europe/Warsaw", "17")),
        ("z:usual", SetZone(None, "17")),
        ("px", SetPhrase(None, "17")),
        (f"nx:{ONE.hex}", SetName(ONE, None, "17")),
    ],
)
def test_a_tap_stores_a_choice_in_place(voice: Voice, act: str, stored: Action) -> None:
    """A button's choice is stored, the confirmation takes the menu's place; for a stranger nothing is."""
    decided = planned(voice, tap(act))

    assert stored == decided
    assert "17" == told(voice, decided)[0].message.replaces
    assert isinstance(planned(voice, tap(act), STRANGER), Reply)


@pytest.mark.parametrize("act", ["q:2500-0800", "q:2200-0860", "z:Mars/Base", "q:", "nm:123", "of:", "zz"])
def test_buttons_that_were_never_ours_change_nothing(voice: Voice, act: str) -> None:
    """A button's data that we never made is answered and stores nothing."""
    assert data(only(planned(voice, tap(act))))


@pytest.mark.parametrize(
    "command", ["/settings", "/quiet", "/zone", "/phrase", "/name", "/share", "/history"]
)
def test_strangers_have_no_settings(voice: Voice, command: str) -> None:
    """Who follows nothing has nothing to set and hears how to begin."""
    assert "To begin" in only(planned(voice, command, STRANGER)).shown


@pytest.mark.parametrize("command", ["/settings", "/quiet", "/zone", "/phrase"])
def test_menus_lead_to_each_other(voice: Voice, command: str) -> None:
    """Each menu has buttons of at most 64 bytes, which all mean something."""
    offered = data(only(planned(voice, command, follower(Personal("blue door")))))

    assert all(len(each.encode()) <= 64 for each in offered)
    assert not [each for each in offered if "did not understand" in str(planned(voice, tap(each)))]


@pytest.mark.parametrize(
    ("button", "awaits", "typed", "stored"),
    [
        ("pt", PHRASE, "  grandma's\u202e garden ", SetPhrase("grandma's garden")),
        (f"nm:{ONE.hex}", NAME, "Mum's passport", SetName(ONE, "Mum's passport")),
        ("zt", CITY, "варшава", SetZone("Europe/Warsaw")),
    ],
)
def test_what_is_typed_after_a_question_answers_it(
    voice: Voice, button: str, awaits: Awaiting, typed: str, stored: Action
) -> None:
    """A button asks, the next text is the answer, cleaned of what cannot be seen."""
    asked = planned(voice, tap(button))

    assert isinstance(asked, Reply)
    assert awaits == asked.awaits
    assert stored == planned(voice, typed, follower(awaits=awaits))


COUPLE = "👨🏻\u200d❤\ufe0f\u200d💋\u200d👨🏿"


@pytest.mark.parametrize(
    "typed",
    [
        "\U0001fae9",
        "\U0001faea",
        "Mum 👨\u200d👩\u200d👧",
        COUPLE * LONGEST_NAME,
        "и\u0306" * LONGEST_NAME,
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_a_name_is_kept_as_it_is_typed(voice: Voice, typed: str) -> None:
    """Emoji of any age and make stay whole, and forty of them are forty letters."""
    assert SetName(ONE, typed) == planned(voice, typed, follower(awaits=NAME))
    assert SetPhrase(typed) == planned(voice, typed, follower(awaits=PHRASE))


@pytest.mark.parametrize("language", ["uk", "ru", "en"])
def test_the_longest_name_and_phrase_fit(voice: Voice, language: str) -> None:
    """Whatever is said to somebody with the longest of both fits into a message and bears them whole."""
    personal = Personal(COUPLE * LONGEST_NAME, {ONE: COUPLE * LONGEST_NAME, TWO: COUPLE * LONGEST_NAME})
    speech = voice.to(Reader(language, personal=personal))
    for subject in (ways_in, documents, settings, leaving):
        for name, message in subject(voice, speech).items():
            most = 4096 if message.attachment is None else 1024
            text = signed(message, speech).shown
            assert utf16_length(text) <= most, name
            assert text.endswith(COUPLE * LONGEST_NAME), name


@pytest.mark.parametrize(
    ("awaits", "typed"),
    [
        (PHRASE, "x" * (LONGEST_NAME + 1)),
        (NAME, COUPLE * (LONGEST_NAME + 1)),
        (NAME, "\u200b"),
        (CITY, "Atlantis"),
    ],
)
def test_a_wrong_answer_is_asked_for_again(voice: Voice, awaits: Awaiting, typed: str) -> None:
    """What does not fit stores nothing, and the next text is again the answer."""
    again = planned(voice, typed, follower(awaits=awaits))

    assert isinstance(again, Reply)
    assert awaits == again.awaits
    assert "x" in data(only(again))


@pytest.mark.parametrize("act", ["/status", "stop", "cancel", CODE, "https://t.me/b?start=" + "A" * 22])
def test_a_question_can_be_left(voice: Voice, act: str) -> None:
    """Commands, receipts and plain wishes to leave are never taken for a name or a phrase."""
    for awaits in (PHRASE, NAME):
        found = planned(voice, act, follower(awaits=awaits))

        assert not isinstance(found, SetPhrase | SetName)
        assert not (isinstance(found, Reply) and found.awaits)


def test_the_phrase_stands_in_every_message(voice: Voice, notice_of: MakeNotice) -> None:
    """Notices, answers and apologies bear the code phrase, escaped; a message to pass on does not."""
    known = follower(Personal("<b>blue door"))
    person = known.reader("en")
    shared = MakeShare(ONE, "17")

    texts = [
        render_notice(notice_of(), person, voice).shown,
        told(voice, planned(voice, "/help", known), None, known)[0].message.shown,
        told(voice, shared, Unavailable(), known)[0].message.shown,
        told(voice, Follow("code", CODE, "uk"), Unavailable(), known)[0].message.shown,
        replies.slower(came(Said("x")), known, voice)[0].message.shown,
    ]

    assert [True] * 5 == ["<b>blue door" in text for text in texts]


def test_a_new_phrase_shows_in_its_own_confirmation(voice: Voice) -> None:
    """The answer to a new phrase already bears it."""
    assert "blue door" in told(voice, SetPhrase("blue door"))[0].message.shown
    assert (
        "blue door"
        not in told(voice, SetPhrase(None), None, follower(Personal("blue door")))[0].message.shown
    )


def test_a_private_name_stands_first(voice: Voice, notice_of: MakeNotice) -> None:
    """A document's own name leads its messages, and only its own."""
    reader = Reader("en", personal=Personal(names={ONE: "Mum's passport"}))

    mine = render_notice(notice_of(subscription_id=ONE), reader, voice).shown
    other = render_notice(notice_of(subscription_id=TWO), reader, voice).shown

    assert mine.startswith("Mum's passport\n")
    assert "Mum" not in other


def test_times_are_those_of_the_chosen_zone(voice: Voice, notice_of: MakeNotice) -> None:
    """A reader's time zone changes the times of messages; a zone that is gone means the agency's."""
    texts = [
        render_notice(notice_of(), Reader("en", zone=zone), voice).shown
        for zone in ("America/New_York", None, "Gone/City")
    ]

    assert [True, False, False] == ["07:05" in text for text in texts]
    assert texts[1] == texts[2]


def test_names_are_bounded_and_go_with_the_document() -> None:
    """The oldest of too many names gives way, and a document that is stopped takes its name along."""
    many = Personal()
    for number in range(MOST_NAMES + 1):
        many = many.with_name(UUID(int=number), str(number))

    assert MOST_NAMES == len(many.names)
    assert UUID(int=0) not in many.names
    assert UUID(int=5) not in many.without_names(UUID(int=5)).names
    assert {} == many.without_names(None).names


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Київ", "Europe/Kyiv"),
        ("киев", "Europe/Kyiv"),
        ("Kiev", "Europe/Kyiv"),
        ("Львів", "Europe/Kyiv"),
        ("new york", "America/New_York"),
        ("Нью-Йорк", "America/New_York"),
        ("Берлін", "Europe/Berlin"),
        ("kolkata", "Asia/Kolkata"),
        ("Sao Paulo", "America/Sao_Paulo"),
        ("lond", "Europe/London"),
        ("lo", None),
        ("UTC", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_cities_by_name(typed: str, zone: str | None) -> None:
    """A city is found in any of the languages, by any case, and by a clear beginning."""
    assert zone == find(typed)
