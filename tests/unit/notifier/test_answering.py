"""Answers of the base in a chat: told, offered, filled from one's documents, and whether they were it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.knowledge import LABELS, Answer
from contracts.messages.desk.question import QuestionKind
from contracts.messages.rpc import Followed, StatusAnswer
from services.notifier.conversation import planner
from services.notifier.conversation.citizen import citizen_of
from services.notifier.conversation.inquiries.answers import alternatives
from services.notifier.conversation.intents import QUESTIONS, Fixed, Intents, index_of
from services.notifier.domain.actions import (
    Action,
    Known,
    Note,
    NotUnderstood,
    Outcome,
    Reply,
    Tell,
    Unavailable,
)
from services.notifier.domain.incoming import Incoming, Said
from services.notifier.domain.preferences import Personal
from services.notifier.wording import prompts
from services.notifier.wording.i18n import Voice
from services.notifier.wording.keyboard import answer_data
from services.notifier.wording.keyboard.answer_data import Answering, Verb
from services.notifier.wording.keyboard.callback_data import LONGEST, parse
from tests.benchmarks.understanding import held_out
from tests.intents import ANSWERING, SAMPLE
from tests.unit.notifier.talk import FOLLOWED, FOLLOWER, ONE, OTHER, STRANGER, came, data, follower, only, tap

LACKING = FOLLOWED.model_copy(update={"stage": "correction_needed", "missing": ("photograph",)})
BOTH = StatusAnswer(followed=(FOLLOWED, OTHER))


def plan(voice: Voice, act: str | Incoming, known: Known = STRANGER, intents: Intents = ANSWERING) -> Action:
    """What is planned for an act, or for a text."""
    return planner.plan(came(Said(act)) if isinstance(act, str) else act, known, voice, intents)


def after(voice: Voice, done: Action, outcome: Outcome, intents: Intents = ANSWERING) -> Action | None:
    """What follows for somebody who follows."""
    return planner.then(done, outcome, came(Said("x")), FOLLOWER, voice, intents=intents)


def holding(**changes: object) -> Intents:
    """Intents with one answer more, like that on fees."""
    made = SAMPLE.answers["fee"].model_copy(update={"id": "one", **changes})
    others = {code: answer for code, answer in SAMPLE.answers.items() if code != "fee"}
    return Intents(Fixed(index_of(SAMPLE, {made.id: made, **others})))


def note(done: Action | None) -> Note | None:
    """What is counted of a plan."""
    assert isinstance(done, Reply)
    return done.note


def kind_of(done: Action | None) -> QuestionKind | None:
    """What it is counted as."""
    found = note(done)
    return None if found is None else found.kind


def text_of(done: Action | None) -> str | None:
    """What is kept of a missed question."""
    found = note(done)
    return None if found is None else found.text


def answer_of(done: Action | None) -> str | None:
    """The answer that is counted."""
    found = note(done)
    return None if found is None else found.answer


def test_a_clear_answer_is_told_at_once(voice: Voice) -> None:
    """A stranger gets it in general form, with the question whether that was it."""
    found = plan(voice, "do you deliver the passport by post")

    assert isinstance(found, Reply)
    message = only(found)
    assert "We do not send documents by post" in message.shown
    assert "{" not in message.shown
    assert "Your office" not in message.shown
    assert ["ay:delivery", "ax:delivery"] == data(message)[:2]
    assert Note(QuestionKind.UNDERSTOOD, "collecting", "delivery") == found.note


def test_an_answer_is_filled_from_the_document(voice: Voice) -> None:
    """Office, address and hours are those of the document that somebody follows."""
    asked = plan(voice, "do you deliver the passport by post", FOLLOWER)
    assert isinstance(asked, Tell)

    found = after(voice, asked, StatusAnswer(followed=(FOLLOWED,)))

    assert isinstance(found, Reply)
    assert "Your office: Kyiv, office No. 1, 12 Zrazkova Street, Kyiv." in only(found).shown
    assert "Opening hours: Mon" in only(found).shown
    assert [f"ay:delivery:{ONE.hex[-12:]}", f"ax:delivery:{ONE.hex[-12:]}"] == data(only(found))[:2]
    assert QuestionKind.UNDERSTOOD == kind_of(found)


def test_which_document_is_asked_where_it_matters(voice: Voice) -> None:
    """With two offices one is chosen; the tap leads to the answer for it."""
    asked = plan(voice, "do you deliver the passport by post", FOLLOWER)
    choice = after(voice, asked, BOTH)
    assert isinstance(choice, Reply)
    second = data(only(choice))[1]

    tapped = plan(voice, tap(second), FOLLOWER)
    found = after(voice, tapped, BOTH)

    assert isinstance(found, Reply)
    assert "Kyiv, office No. 2" in only(found).shown
    assert None is found.note


def test_one_office_for_all_needs_no_choice(voice: Voice) -> None:
    """Where the answer reads the same for each document nothing is asked."""
    same = OTHER.model_copy(update={"office": FOLLOWED.office})
    asked = plan(voice, "do you deliver the passport by post", FOLLOWER)

    found = after(voice, asked, StatusAnswer(followed=(FOLLOWED, same)))

    assert isinstance(found, Reply)
    assert "Kyiv, office No. 1" in only(found).shown


@pytest.mark.parametrize(
    ("followed", "told"),
    [
        ((LACKING,), "Bring: a photograph."),
        ((FOLLOWED,), "As long as there is no such message"),
        ((), "If something"),
    ],
)
def test_the_stage_decides_between_answers(voice: Voice, followed: tuple[Followed, ...], told: str) -> None:
    """Of answers to the same question the one for the stage is told; without a document, the first."""
    asked = plan(voice, "what do i still have to hand in", FOLLOWER)
    assert isinstance(asked, Tell)

    found = after(voice, asked, StatusAnswer(followed=followed))

    assert isinstance(found, Reply)
    assert told in only(found).shown


def test_the_tracker_may_be_away(voice: Voice) -> None:
    """What holds for everybody is told without it."""
    asked = plan(voice, "do you deliver the passport by post", FOLLOWER)

    found = after(voice, asked, Unavailable())

    assert isinstance(found, Reply)
    assert "We do not send documents by post" in only(found).shown


def test_near_ones_are_offered(voice: Voice) -> None:
    """At most three buttons; each tells its answer, or does what the bot does itself."""
    found = plan(voice, "passport child parents entered needed")

    assert isinstance(found, Reply)
    offered = [one for one in data(only(found)) if one.startswith("an:")]
    assert 2 <= len(offered) <= 3
    assert QuestionKind.NEAR == kind_of(found)
    for one in offered:
        told = plan(voice, tap(one))
        assert isinstance(told, Reply)
        assert None is told.note


def test_a_near_intent_may_be_chosen(voice: Voice) -> None:
    """A button that names what the bot does itself does it."""
    assert plan(voice, tap("an:hours")) == plan(voice, "/hours")


def test_a_miss_is_owned_up_to(voice: Voice) -> None:
    """The honest answer shows the menu, and what was missed goes without numbers and names."""
    found = plan(voice, "petrenko bulb 12345 pharmacy floccinaucinihilipilification")

    assert isinstance(found, NotUnderstood)
    assert "mn" not in data(only(found))
    assert Note(QuestionKind.MISSED, "unknown", text="… bulb … pharmacy …") == found.note


def test_own_names_never_pass(voice: Voice) -> None:
    """A document's private name and the code phrase are taken out of a miss, however they are spelled."""
    known = follower(Personal("golden gnome", {ONE: "zebra"}))

    found = plan(voice, "bulb ZEBRA gnome pharmacy", known)

    assert "bulb … pharmacy" == text_of(found)


@pytest.mark.parametrize("message", ["17", None])
def test_yes_is_thanked_for(voice: Voice, message: str | None) -> None:
    """The answer stays readable, its question goes; where nothing can be replaced only thanks are said."""
    found = plan(voice, tap("ay:fee", message))

    assert isinstance(found, Reply)
    assert "Thank you" in only(found).shown
    assert message == only(found).replaces
    assert (message is not None) == ("Pay by card" in only(found).shown)
    assert not [one for one in data(only(found)) if one.startswith(("ay:", "ax:"))]
    assert Note(QuestionKind.CONFIRMED, "payment", "fee") == found.note


def test_yes_keeps_the_document(voice: Voice) -> None:
    """The answer is shown again for the same document."""
    asked = plan(voice, tap(f"ay:delivery:{ONE.hex[-12:]}"), FOLLOWER)
    assert isinstance(asked, Tell)

    found = after(voice, asked, BOTH)

    assert isinstance(found, Reply)
    assert "Kyiv, office No. 1" in only(found).shown
    assert "17" == only(found).replaces
    assert QuestionKind.CONFIRMED == kind_of(found)


def test_no_offers_the_same_topic(voice: Voice) -> None:
    """Others on the topic are offered in its place."""
    found = plan(voice, tap("ax:fee"))

    assert isinstance(found, Reply)
    assert ["an:fee_exempt", "an:fee_refund"] == data(only(found))[:2]
    assert Note(QuestionKind.DENIED, "payment", "fee") == found.note


def test_an_answer_that_is_gone(voice: Voice) -> None:
    """A button of an answer that was withdrawn says so and leads on."""
    found = plan(voice, tap("an:gone"))

    assert isinstance(found, Reply)
    assert ["mn"] == data(only(found))


@pytest.mark.parametrize(("first", "last"), [(date(2026, 3, 3), None), (None, date(2026, 3, 1))])
def test_an_answer_holds_on_its_days(voice: Voice, first: date | None, last: date | None) -> None:
    """Neither before nor after them it is told, whatever was asked or tapped."""
    later = holding(valid_from=first, valid_until=last)

    asked = plan(voice, "how much does a passport cost", intents=later)

    assert "one" != answer_of(asked)
    assert ["mn"] == data(only(plan(voice, tap("an:one"), intents=later)))


def test_what_the_bot_answers_itself_stays_its_own() -> None:
    """An answer that has the id of an intent, or of leaving, is never told."""
    for code in ("where", "stop"):
        taken = holding(id=code)
        assert code not in taken.index.answers


def test_an_answer_never_stops_anything(voice: Voice) -> None:
    """Leaving is decided before any answer, and a near answer offers nothing of it."""
    assert "x:all" == data(only(plan(voice, "stop", FOLLOWER)))[0]
    assert not {"stop", "forget"} & QUESTIONS


def test_thanks_are_answered(voice: Voice) -> None:
    """Thanks get a friendly word."""
    assert "You are welcome!" == only(plan(voice, "thank you very much")).shown


@pytest.mark.parametrize("known", [STRANGER, FOLLOWER])
def test_the_menu_shows_the_service(voice: Voice, known: Known) -> None:
    """Known people and strangers find the same in it, and in /start and /help."""
    wanted = {"pp:h", "st", "as", "pp", "o", "set", "l", "h"}
    for act in ("/menu", "/start", "/help"):
        found = plan(voice, act, known)
        assert isinstance(found, Reply)
        assert wanted - ({"h"} if act == "/help" else set()) <= set(data(only(found))), act


def test_asking_shows_examples(voice: Voice) -> None:
    """/ask invites with questions of different topics that lead to their answers."""
    found = plan(voice, "/ask")

    examples = [one for one in data(only(found)) if one.startswith("an:")]
    assert 5 == len(examples)
    assert 5 == len({SAMPLE.answers[one[3:]].topic for one in examples})


def test_a_question_understood_as_an_intent_is_counted(voice: Voice) -> None:
    """What the bot does itself counts as understood, by its label; commands and taps count as nothing."""
    asked = came(Said("where is my passport"))

    _, found = planner.decided(asked, FOLLOWER, voice, ANSWERING)

    assert Note(QuestionKind.UNDERSTOOD, "where") == found
    assert None is planner.decided(came(Said("/status")), FOLLOWER, voice, ANSWERING)[1]
    assert None is planner.decided(tap("st"), FOLLOWER, voice, ANSWERING)[1]


def test_what_else_may_be_meant_is_offered_below(voice: Voice) -> None:
    """An intent that is acted on but not clear offers what else was near; a clear one offers nothing."""
    texts = [ask.text for ask in held_out()]
    notes = {text: planner.decided(came(Said(text)), FOLLOWER, voice, ANSWERING)[1] for text in texts}
    unsure = [one for one in notes.values() if one is not None and one.alternatives]
    citizen = citizen_of(came(Said("x")), FOLLOWER, voice)
    shown = [alternatives(one, citizen, ANSWERING.index) for one in unsure]

    assert 10 <= len(unsure) <= len(texts) // 5
    assert all(one.topic in QUESTIONS and one.topic not in one.alternatives for one in unsure)
    assert [len(one.alternatives) for one in unsure] == [len(only.buttons) for (only,) in shown]
    assert () == alternatives(Note(QuestionKind.UNDERSTOOD, "where"), citizen, ANSWERING.index)


@given(verb=st.sampled_from(["tell", "yes", "no"]), code=st.from_regex(r"[a-z0-9_]{1,40}", fullmatch=True))
def test_buttons_of_answers_fit(verb: Verb, code: str) -> None:
    """What a button carries is at most 64 bytes and means the same when it comes back."""
    tapped = Answering(verb, code, answer_data.ending(ONE))

    assert len(answer_data.data(tapped).encode()) <= LONGEST
    assert tapped == parse(answer_data.data(tapped))


@given(text=st.text(max_size=300))
def test_any_text_of_an_answer_is_shown(voice: Voice, text: str) -> None:
    """Whatever staff write, braces among it, an answer is told."""
    made = holding_text(text or "x")

    message = prompts.told(voice.speech("en"), made, FOLLOWED)

    assert message.shown


def holding_text(text: str) -> Answer:
    """An answer with this text."""
    return SAMPLE.answers["fee"].model_copy(update={"text": {"en": text}})


def test_every_answer_of_the_sample_leads_on(voice: Voice) -> None:
    """Each has, in each language, a line for strangers, a title, and a first question that finds it."""
    for answer in SAMPLE.answers.values():
        for language in voice.languages:
            general = prompts.told(voice.speech(language), answer, None).shown
            assert "{" not in general
            assert answer.questions[language]
    assert 60 <= len(SAMPLE.answers)
    assert LABELS
