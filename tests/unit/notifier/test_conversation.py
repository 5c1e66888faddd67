"""The conversation as pure decisions: what somebody did, what we know, and what follows from it."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import typed_code
from contracts.ids import SubscriptionId
from contracts.rpc import Followed, Redeemed, Refused, StatusAnswer, Stopped
from services.notifier.channel import (
    Blocked,
    Body,
    Incoming,
    Message,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)
from services.notifier.conversation import answer, language_of, plan
from services.notifier.markup import LONGEST, shown, utf16_length
from services.notifier.plans import (
    Follow,
    Ignore,
    Known,
    KnownRecipient,
    MarkUnreachable,
    Outbound,
    Outcome,
    Plan,
    Reply,
    Revive,
    Secret,
    SetLanguage,
    ShowStatus,
    StopFollowing,
    Unavailable,
)
from services.notifier.speech import Voice

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LANGUAGES = ("uk", "ru", "en")
STRANGER = Known(None, LANGUAGES)
FOLLOWER = Known(KnownRecipient("en", consented=True), LANGUAGES)
FORMER = Known(KnownRecipient("en", consented=False), LANGUAGES)
TICKET = "Ab3_-" * 4 + "xy"
CODE = typed_code.encode(b"example!")
ONE = SubscriptionId(UUID(int=7))
FOLLOWED = Followed(
    subscription_id=ONE,
    document_type="id_card",
    masked="…0001",
    revision=4,
    stage="shipped",
    occurred_at=AT,
    since=AT,
)


def came(body: Body, language: str | None = "en", *, private: bool = True) -> Incoming:
    return Incoming(1, "42", private=private, language=language, at=AT, body=body)


def tap(data: str) -> Incoming:
    return came(Tapped(data, "17", "q"))


def only(found: Plan) -> Message:
    assert isinstance(found, Reply)
    (message,) = found.messages
    return message


def data(message: Message) -> list[str]:
    return [button.data for row in message.buttons for button in row]


@pytest.mark.parametrize(
    ("body", "kind", "secret"),
    [
        (Started(TICKET), "token", TICKET),
        (Said(f"/start {TICKET}"), "token", TICKET),
        (Said(CODE), "code", CODE),
        (Said(f"  {typed_code.grouped(CODE).lower()} "), "code", CODE),
        (Started(CODE), "code", CODE),
    ],
)
def test_a_receipt_asks_first_and_yes_follows(voice: Voice, body: Body, kind: Secret, secret: str) -> None:
    """A receipt, scanned or typed, brings the question whose first button says yes and follows it."""
    question = only(plan(came(body), STRANGER, voice))

    decided = plan(tap(question.buttons[0][0].data), STRANGER, voice)

    assert Follow(kind, secret, "en", replaces="17") == decided
    assert all(len(each.encode()) <= 64 for each in data(question))


def test_the_question_says_what_is_stored_and_how_to_stop(voice: Voice) -> None:
    """Consent is asked in plain words: what is kept, what for, how to stop, what is never asked."""
    text = only(plan(came(Started(TICKET)), STRANGER, voice)).html

    assert ["address of this chat", "language", "/stop", "never ask for passwords"] == [
        words
        for words in ("address of this chat", "language", "/stop", "never ask for passwords")
        if words in text
    ]


def test_no_stores_nothing(voice: Voice) -> None:
    """A no is answered in place of the question, and nothing else happens."""
    question = only(plan(came(Started(TICKET)), STRANGER, voice))

    reply = only(plan(tap(question.buttons[1][0].data), STRANGER, voice))

    assert "stored nothing" in reply.html
    assert ("17", ()) == (reply.replaces, reply.buttons)


def test_the_question_can_be_read_in_another_language(voice: Voice) -> None:
    """The question turns into another language in place, and yes then means that language."""
    question = only(plan(came(Started(TICKET)), STRANGER, voice))
    other = next(each for each in data(question) if each.endswith(":uk"))

    again = only(plan(tap(other), STRANGER, voice))

    assert "17" == again.replaces
    assert "Так, пишіть мені" == again.buttons[0][0].text
    assert Follow("token", TICKET, "uk", replaces="17") == plan(
        tap(again.buttons[0][0].data), STRANGER, voice
    )


def test_a_follower_is_asked_shortly_and_keeps_the_language(voice: Voice) -> None:
    """Who has agreed before gets the short question, and an old button does not change the language."""
    question = only(plan(came(Started(TICKET)), FOLLOWER, voice))

    assert "/stop" not in question.html
    assert Follow("token", TICKET, "en", "17") == plan(tap(f"y:{TICKET}:uk"), FOLLOWER, voice)
    assert Follow("token", TICKET, "en", "17") == plan(tap(f"y:{TICKET}"), FOLLOWER, voice)


def test_redeemed_edits_the_question_and_shows_the_stage(voice: Voice) -> None:
    """After yes the question becomes a confirmation, and the stage comes with subscription and revision."""
    follow = Follow("token", TICKET, "en", replaces="17")

    first, second = answer(follow, Redeemed(created=True, followed=FOLLOWED), "en", voice)

    assert ("17", None, None) == (first.message.replaces, first.subscription_id, first.revision)
    assert "You now follow" in first.message.html
    assert (None, ONE, 4) == (second.message.replaces, second.subscription_id, second.revision)
    assert "On its way to the office" in second.message.html
    assert ["st", f"s:{ONE.hex}"] == data(second.message)


def test_redeemed_before_the_first_stage_is_one_message(voice: Voice) -> None:
    """Where there is no stage yet, the confirmation says so."""
    waiting = Redeemed(
        created=True, followed=FOLLOWED.model_copy(update={"stage": None, "occurred_at": None})
    )

    (only_one,) = answer(Follow("code", CODE, "en", "17"), waiting, "en", voice)

    assert "no news about it yet" in only_one.message.html


def test_every_failed_receipt_gets_the_same_answer(voice: Voice) -> None:
    """Wrong, used up, withdrawn, misspelt: one answer that says what to check."""
    follow = Follow("token", TICKET, "en")
    refusals = [answer(follow, Refused(reason=reason), "en", voice) for reason in ("invalid", "limit")]
    garbled = [plan(came(body), STRANGER, voice) for body in (Started("x"), Said("AB12-CD34-EF56-7"))]

    texts = {found[0].message.html for found in refusals} | {only(found).html for found in garbled}

    assert 1 == len(texts)
    assert "check" in texts.pop()


@pytest.mark.parametrize("text", ["мне 25 лет", "where is my passport", "0671234567", "2026"])
def test_words_and_numbers_are_not_taken_for_codes(voice: Voice, text: str) -> None:
    """Only what looks like a code with a slip is answered as one."""
    assert "did not understand" in only(plan(came(Said(text)), STRANGER, voice)).html


@pytest.mark.parametrize("outcome", [Unavailable(), Refused(reason="unavailable"), None])
def test_our_own_troubles_are_owned_up_to(voice: Voice, outcome: Outcome | None) -> None:
    """When the tracker does not answer, the answer says that nothing is lost and the question stays."""
    plans = (Follow("token", TICKET, "en", "17"), ShowStatus(), StopFollowing(None, "17"))

    found = [answer(each, outcome, "en", voice) for each in plans]

    assert [True] * 3 == ["Nothing is lost" in one.message.html for (one,) in found]
    assert [None] * 3 == [one.message.replaces for (one,) in found]


@pytest.mark.parametrize("asked", [Said("/status"), Said("/status@docwatch_bot"), Tapped("st", "17", "q")])
def test_status(voice: Voice, asked: Body) -> None:
    """Asking where it is shows each document on its own; who follows nothing hears how to begin."""
    both = (FOLLOWED, FOLLOWED.model_copy(update={"revision": 5}))

    assert ShowStatus() == plan(came(asked), FOLLOWER, voice)
    assert [4, 5] == [out.revision for out in answer(ShowStatus(), StatusAnswer(followed=both), "en", voice)]
    assert "To begin" in answer(ShowStatus(), StatusAnswer(followed=()), "en", voice)[0].message.html
    assert ["To begin" in only(plan(came(asked), who, voice)).html for who in (STRANGER, FORMER)] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("asked", "which"),
    [(Said("/stop"), None), (Tapped(f"s:{ONE.hex}", "5", "q"), ONE), (Said("/STOP"), None)],
)
def test_stopping_takes_two_taps(voice: Voice, asked: Body, which: UUID | None) -> None:
    """A wish to stop is asked back, so that a tap by mistake costs nothing; the second tap stops."""
    question = only(plan(came(asked), FOLLOWER, voice))
    yes, no = data(question)

    assert StopFollowing(which, replaces="17") == plan(tap(yes), FOLLOWER, voice)
    assert "stays as it is" in only(plan(tap(no), FOLLOWER, voice)).html


def test_stopped_says_what_it_ended(voice: Voice) -> None:
    """The answer counts, takes the question's place, and a replay ends nothing and says so."""
    stop = StopFollowing(None, replaces="17")

    first, replay = (answer(stop, Stopped(ended=ended), "en", voice)[0].message for ended in (2, 0))

    assert "about 2 documents" in first.html
    assert "nothing to stop" in replay.html
    assert ("17", "17") == (first.replaces, replay.replaces)


def test_language(voice: Voice) -> None:
    """A follower's choice is stored and confirmed in the new language, a stranger's is not stored."""
    offered = data(only(plan(came(Said("/language")), FOLLOWER, voice)))
    chosen = plan(tap("l:ru"), FOLLOWER, voice)

    assert ["l:uk", "l:ru", "l:en"] == offered
    assert SetLanguage("ru", replaces="17") == chosen
    assert "по-русски" in answer(chosen, None, "en", voice)[0].message.html
    assert "Здравствуйте" in only(plan(tap("l:ru"), STRANGER, voice)).html
    assert offered == data(only(plan(tap("l:de"), FOLLOWER, voice)))


@pytest.mark.parametrize(
    ("told", "known", "spoken"),
    [
        ("ru", STRANGER, "ru"),
        ("en-GB", STRANGER, "en"),
        ("UK_ua", STRANGER, "uk"),
        ("de", STRANGER, "uk"),
        (None, STRANGER, "uk"),
        ("ru", FOLLOWER, "en"),
        ("ru", replace(FOLLOWER, recipient=KnownRecipient("fr", consented=True)), "ru"),
    ],
)
def test_which_language(told: str | None, known: Known, spoken: str) -> None:
    """The chosen language wins, then the messenger's where it is offered, then the agency's first."""
    assert spoken == language_of(came(Said("x"), told), known)


def test_blocks_and_groups(voice: Voice) -> None:
    """A block and an unblock are noted without a word, and groups are not served at all."""
    bodies: list[Body] = [Blocked(), Unblocked()]

    assert [MarkUnreachable("blocked"), Revive()] == [plan(came(body), FOLLOWER, voice) for body in bodies]
    assert Ignore("group") == plan(came(Started(TICKET), private=False), STRANGER, voice)
    assert [(), (), ()] == [
        answer(each, None, "en", voice) for each in (MarkUnreachable("blocked"), Revive(), Ignore("group"))
    ]


ANY_TEXT = (
    st.text(max_size=300)
    | st.from_regex(r"\A/[a-z]{1,12}( .*)?\Z")
    | st.from_regex(r"\A[a-z]{1,2}:\S{0,40}\Z")
)
ANY_BODY = (
    st.builds(Started, st.none() | ANY_TEXT)
    | st.builds(Said, ANY_TEXT)
    | st.builds(Tapped, ANY_TEXT, st.none() | st.just("17"), st.just("q"))
    | st.builds(Unsupported, st.sampled_from(["sticker", "photo", "voice"]))
)


@given(
    body=ANY_BODY, known=st.sampled_from([STRANGER, FOLLOWER, FORMER]), told=st.none() | st.text(max_size=8)
)
def test_never_a_dead_end(voice: Voice, body: Body, known: Known, told: str | None) -> None:
    """Whatever somebody does in a private chat, they get an answer that fits into a message."""
    incoming = came(body, told)
    decided = plan(incoming, known, voice)

    found = answer(decided, Unavailable(), language_of(incoming, known), voice)

    assert found
    assert all(0 < utf16_length(shown(out.message.html)) <= LONGEST for out in found)
    assert all(1 <= len(each.encode()) <= 64 for out in found for each in data(out.message))
    assert all(isinstance(out, Outbound) for out in found)


@given(text=st.text(max_size=200))
def test_nothing_is_stored_or_stopped_by_plain_words(voice: Voice, text: str) -> None:
    """No text alone makes anyone follow, stop or change anything."""
    decided = plan(came(Said(text)), FOLLOWER, voice)

    assert isinstance(decided, Reply | ShowStatus)
