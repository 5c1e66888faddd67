"""Handing over by pure rules: what is planned for what somebody does, and in which order replies are told."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages.desk.question import QuestionKind
from contracts.messages.desk.talk import LONGEST_TEXT
from contracts.messages.rpc import StatusAnswer
from services.notifier.conversation import planner
from services.notifier.domain.actions import Known, NotUnderstood, Reply, Unavailable
from services.notifier.domain.handover import (
    LONGEST_QUESTION,
    LONGEST_WORD,
    AskQuestion,
    AskSubject,
    Desk,
    EndTalk,
    Handed,
    HandoverAction,
    OpenTalk,
    RateTalk,
    RateWord,
    Reason,
    SayMore,
    Typing,
    conversation_id,
    next_replies,
    talk_id,
)
from services.notifier.domain.incoming import Said
from services.notifier.domain.preferences import Awaiting, SetPhrase
from services.notifier.wording.i18n import Voice, load_voice
from services.notifier.wording.keyboard import callback_data, handover_data
from services.notifier.wording.keyboard.handover_data import Handover
from tests.intents import ANSWERING, INTENTS
from tests.unit.notifier.talk import (
    CODE,
    FOLLOWED,
    FOLLOWER,
    ONE,
    STRANGER,
    came,
    data,
    follower,
    only,
    planned,
    tap,
    told,
)

OPEN, OVER = UUID(int=11), UUID(int=12)
FREE = replace(FOLLOWER, desk=Desk())
TALKING = replace(FOLLOWER, desk=Desk(open=OPEN, held=True))
ASKED = Typing("question", "asked", ONE)
TYPING = replace(FOLLOWER, desk=Desk(typing=ASKED))
REASONS = st.sampled_from(("asked", "missed", "complaint"))


@pytest.fixture(scope="module")
def staffed(voice: Voice) -> Voice:
    return load_voice(voice.catalogue, staffed=True)


@given(st.integers(0, 50), st.sets(st.integers(1, 60)), st.booleans())
def test_replies_are_told_in_order_without_a_gap(heard: int, come: set[int], skipping: bool) -> None:  # noqa: FBT001
    """What is told follows on what was told last, is all there, and nothing that follows is left."""
    here = {number for number in come if number > heard}
    numbers = next_replies(heard, here, skipping=skipping)

    assert set(numbers) <= here
    assert numbers.stop not in here
    if not skipping:
        assert numbers.start == heard + 1
    elif here:
        assert numbers.start == min(here)


@given(st.permutations(range(1, 12)))
def test_whatever_the_order_each_is_told_once(order: list[int]) -> None:
    """Replies that arrive in any order are told in that of their numbers, each once."""
    heard, waiting, told_of = 0, set[int](), list[int]()
    for number in order:
        waiting.add(number)
        numbers = next_replies(heard, waiting)
        told_of += numbers
        waiting -= set(numbers)
        heard += len(numbers)

    assert sorted(order) == told_of


@given(st.text(max_size=10), st.text(max_size=10), st.integers(1, 99))
def test_a_replayed_update_makes_the_same_names(channel: str, update: str, number: int) -> None:
    """Conversation and talks are called the same again, and no two alike."""
    one = conversation_id(channel, update)

    assert one == conversation_id(channel, update)
    assert talk_id(one, number) == talk_id(one, number) != talk_id(one, number + 1)


@given(
    st.builds(Handover, st.sampled_from(("ask", "other")), REASONS)
    | st.builds(Handover, st.just("subject"), REASONS, subscription=st.uuids())
    | st.builds(
        Handover,
        st.just("kind"),
        REASONS,
        document=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,58}", fullmatch=True),
    )
    | st.builds(Handover, st.sampled_from(("end", "content", "discontent")), conversation=st.uuids())
)
def test_buttons_mean_what_they_were_made_for(button: Handover) -> None:
    """Any button fits and is read back, and none is taken for another kind of button."""
    carried = handover_data.data(button)

    assert len(carried.encode()) <= callback_data.LONGEST
    assert button == callback_data.parse(carried)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a person, please", "asked"),
        ("з’єднайте мене з оператором", "asked"),
        ("хочу поговорить с человеком", "asked"),
        ("/person", "asked"),
        ("хочу поскаржитися", "complaint"),
    ],
)
def test_who_wants_a_person_is_asked_about_what(staffed: Voice, text: str, reason: Reason) -> None:
    """In any language and by the command: first which document."""
    assert AskSubject(reason) == planned(staffed, text, FREE)
    assert AskSubject(reason) == planned(staffed, text, replace(STRANGER, desk=Desk()))


def test_a_wish_for_a_person_counts_as_understood(staffed: Voice) -> None:
    """Editors do not see it among what nobody could answer."""
    _, note = planner.decided(came(Said("a person, please")), FREE, staffed, INTENTS)

    assert note is not None
    assert (QuestionKind.UNDERSTOOD, "person") == (note.kind, note.topic)


def test_what_is_not_understood_leads_to_a_person(staffed: Voice) -> None:
    """Under a miss stands the way to a person, where there is one."""
    missed = planned(staffed, "qwertz asdfgh", FREE)

    assert isinstance(missed, NotUnderstood)
    assert "hp:m" in data(only(missed))
    assert AskSubject("missed") == planned(staffed, tap("hp:m"), FREE)


def test_a_choice_leads_to_the_question(staffed: Voice) -> None:
    """Each button of the choice asks for the question about its document."""
    asked = told(staffed, AskSubject("asked"), StatusAnswer(followed=(FOLLOWED,)), FREE)
    kinds = told(staffed, AskSubject("asked"), Unavailable(), FREE)

    assert [f"hd:a:{ONE.hex}", "ho:a", "x"] == data(asked[0].message)
    assert "hk:a:id_card" in data(kinds[0].message)
    assert AskQuestion(Typing("question", "asked", ONE), "17") == planned(
        staffed, tap(f"hd:a:{ONE.hex}"), FREE
    )
    expected = AskQuestion(Typing("question", "asked", document="id_card"), "17")
    assert expected == planned(staffed, tap("hk:a:id_card"), FREE)


def test_the_question_is_what_is_typed_next(staffed: Voice) -> None:
    """Anything but a command, a receipt or the wish to leave; one that is too long is asked for again."""
    assert OpenTalk("where is my passport", ASKED) == planned(staffed, "where is my passport", TYPING)
    long = "a" * (LONGEST_QUESTION + 1)
    assert AskQuestion(ASKED, too_long=True) == planned(staffed, long, TYPING)
    assert not isinstance(planned(staffed, CODE, TYPING), HandoverAction)
    assert not isinstance(planned(staffed, "/help", TYPING), HandoverAction)
    assert not isinstance(planned(staffed, "cancel", TYPING), HandoverAction)


def test_the_nearest_answer_of_the_base_goes_along(staffed: Voice) -> None:
    """Staff are offered it, and the desk knows by it what the question is about."""
    asked = came(Said("how much does a passport cost"))
    found = planner.plan(asked, TYPING, staffed, ANSWERING)

    assert OpenTalk("how much does a passport cost", ASKED, "fee") == found


@pytest.mark.parametrize(
    "text", ["thanks", "stop", "where is my passport", "a person, please", "1234 5678 90"]
)
def test_people_get_what_is_typed_while_a_conversation_is_open(staffed: Voice, text: str) -> None:
    """Nothing that is typed is answered by the bot, whatever it would mean otherwise."""
    assert SayMore(OPEN, text) == planned(staffed, text, TALKING)
    assert [] == told(staffed, SayMore(OPEN, text), Handed("said"), TALKING)


def test_commands_buttons_receipts_and_settings_go_on(staffed: Voice) -> None:
    """What is no plain text works as ever while a conversation is open."""
    awaiting = replace(follower(awaits=Awaiting("phrase")), desk=Desk(open=OPEN, held=True))

    assert not isinstance(planned(staffed, "/status", TALKING), HandoverAction)
    assert not isinstance(planned(staffed, tap("st"), TALKING), HandoverAction)
    assert not isinstance(planned(staffed, CODE, TALKING), HandoverAction)
    assert SetPhrase("apple") == planned(staffed, "apple", awaiting)


def test_nothing_too_long_is_passed_on_unsaid(staffed: Voice) -> None:
    """What the desk could not take is refused in words, not cut."""
    found = planned(staffed, "a" * (LONGEST_TEXT + 1), TALKING)

    assert isinstance(found, Reply)
    assert "nobody got it" in only(found).shown


def test_judging_ending_and_the_word(staffed: Voice) -> None:
    """Buttons and words about one conversation name it; a word is cut to its length."""
    judged = replace(FOLLOWER, desk=Desk(typing=Typing("word", conversation=OVER), held=True))

    assert RateTalk(OVER, content=True, replaces="17") == planned(staffed, tap(f"hy:{OVER.hex}"), FREE)
    assert RateTalk(OVER, content=False, replaces="17") == planned(staffed, tap(f"hn:{OVER.hex}"), FREE)
    assert EndTalk(OPEN, "17") == planned(staffed, tap(f"he:{OPEN.hex}"), TALKING)
    assert RateWord(OVER, "b" * LONGEST_WORD) == planned(staffed, "b" * (LONGEST_WORD + 1), judged)


@pytest.mark.parametrize("button", ["hp:a", "ho:c", f"hd:m:{ONE.hex}", f"he:{OPEN.hex}", f"hy:{OVER.hex}"])
def test_without_people_buttons_of_another_time_are_not_understood(voice: Voice, button: str) -> None:
    """Where nobody answers, nothing of it does anything."""
    assert isinstance(planned(voice, tap(button), FOLLOWER), NotUnderstood)


@pytest.mark.parametrize("known", [FOLLOWER, STRANGER])
def test_without_people_words_are_answered_as_before(voice: Voice, known: Known) -> None:
    """Where nobody answers, the wish for a person is missed as it was."""
    assert isinstance(planned(voice, "a person, please", known), NotUnderstood)
