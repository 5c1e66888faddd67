"""The conversation as pure decisions: what somebody did, what we know, and what follows from it."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages.rpc import Refused, StatusAnswer, Stopped
from services.notifier.conversation import planner, replies
from services.notifier.conversation.citizen import language_of
from services.notifier.domain.actions import (
    Ask,
    Choose,
    ExportAll,
    Follow,
    Ignore,
    Known,
    KnownRecipient,
    MarkUnreachable,
    Outbound,
    Outcome,
    Reply,
    Revive,
    StopFollowing,
    Unavailable,
)
from services.notifier.domain.addresses.ways import ShowWays
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    Photo,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)
from services.notifier.domain.messages import utf16_length
from services.notifier.domain.preferences import SetLanguage
from services.notifier.wording.i18n import Voice
from tests.intents import INTENTS
from tests.unit.notifier.talk import (
    FOLLOWED,
    FOLLOWER,
    FORMER,
    ONE,
    STRANGER,
    TICKET,
    came,
    data,
    only,
    planned,
    tap,
    told,
)


@pytest.mark.parametrize("outcome", [Unavailable(), Refused(reason="unavailable"), None])
def test_our_own_troubles_are_owned_up_to(voice: Voice, outcome: Outcome | None) -> None:
    """When the tracker does not answer, the answer says that nothing is lost and the question stays."""
    plans = (Follow("token", TICKET, "en", "17"), Ask("where"), StopFollowing(None, "17"))

    found = [told(voice, each, outcome) for each in plans]

    assert [True] * 3 == ["Nothing is lost" in one.message.shown for (one,) in found]
    assert [None] * 3 == [one.message.replaces for (one,) in found]


@pytest.mark.parametrize("asked", [Said("/status"), Said("/status@docwatch_bot"), Tapped("st", "17", "q")])
def test_status(voice: Voice, asked: Body) -> None:
    """Asking where it is shows each document on its own; who follows nothing hears how to begin."""
    both = (FOLLOWED, FOLLOWED.model_copy(update={"revision": 5}))

    assert Ask("where") == planned(voice, came(asked), FOLLOWER)
    assert [4, 5] == [out.revision for out in told(voice, Ask("where"), StatusAnswer(followed=both))]
    assert "To begin" in told(voice, Ask("where"), StatusAnswer(followed=()))[0].message.shown
    assert ["To begin" in only(planned(voice, came(asked), who)).shown for who in (STRANGER, FORMER)] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("asked", "which"),
    [(Said("/stop"), None), (Tapped(f"s:{ONE.hex}", "5", "q"), ONE), (Said("/STOP"), None)],
)
def test_stopping_takes_two_taps(voice: Voice, asked: Body, which: UUID | None) -> None:
    """A wish to stop is asked back, so that a tap by mistake costs nothing; the second tap stops."""
    question = only(planned(voice, came(asked), FOLLOWER))
    yes, no = data(question)

    assert StopFollowing(which, replaces="17") == planned(voice, tap(yes), FOLLOWER)
    assert "stays as it is" in only(planned(voice, tap(no), FOLLOWER)).shown


def test_stopped_says_what_it_ended(voice: Voice) -> None:
    """The answer counts, takes the question's place, and a replay ends nothing and says so."""
    stop = StopFollowing(None, replaces="17")

    first, replay = (told(voice, stop, Stopped(ended=ended))[0].message for ended in (2, 0))

    assert "about 2 documents" in first.shown
    assert "already stopped" in replay.shown
    assert ("17", "17") == (first.replaces, replay.replaces)


def test_language(voice: Voice) -> None:
    """A follower's choice is stored and confirmed in the new language, a stranger's is not stored."""
    offered = data(only(planned(voice, came(Said("/language")), FOLLOWER)))
    chosen = planned(voice, tap("l:ru"), FOLLOWER)

    assert ["l:uk", "l:ru", "l:en"] == offered
    assert SetLanguage("ru", replaces="17") == chosen
    assert "по-русски" in told(voice, chosen)[0].message.shown
    assert "Здравствуйте" in only(planned(voice, tap("l:ru"), STRANGER)).shown
    assert offered == data(only(planned(voice, tap("l:de"), FOLLOWER)))


@pytest.mark.parametrize(
    ("messenger", "known", "spoken"),
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
def test_which_language(messenger: str | None, known: Known, spoken: str) -> None:
    """The chosen language wins, then the messenger's where it is offered, then the agency's first."""
    assert spoken == language_of(came(Said("x"), messenger), known)


def test_blocks_and_groups(voice: Voice) -> None:
    """A block and an unblock are noted without a word, and groups are not served at all."""
    bodies: list[Body] = [Blocked(), Unblocked()]

    assert [MarkUnreachable("blocked"), Revive()] == [planned(voice, came(body), FOLLOWER) for body in bodies]
    assert Ignore("group") == planned(voice, came(Started(TICKET), private=False), STRANGER)
    assert [[], [], []] == [
        told(voice, each) for each in (MarkUnreachable("blocked"), Revive(), Ignore("group"))
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
    | st.builds(Photo, ANY_TEXT)
    | st.builds(Unsupported, st.sampled_from(["sticker", "voice", "contact", "edited_message"]))
)


@given(
    body=ANY_BODY, known=st.sampled_from([STRANGER, FOLLOWER, FORMER]), told=st.none() | st.text(max_size=8)
)
def test_never_a_dead_end(voice: Voice, body: Body, known: Known, told: str | None) -> None:
    """Whatever somebody does in a private chat, they get an answer that fits into a message."""
    incoming = came(body, told)
    decided = planner.plan(incoming, known, voice, INTENTS)

    found = replies.answer(decided, Unavailable(), incoming, known, voice)

    assert data(found[-1].message), "no way on"
    assert all(0 < utf16_length(out.message.shown) <= 4096 for out in found)
    assert all(1 <= len(each.encode()) <= 64 for out in found for each in data(out.message))
    assert all(isinstance(out, Outbound) for out in found)


@given(text=st.text(max_size=200))
def test_nothing_is_stored_or_stopped_by_plain_words(voice: Voice, text: str) -> None:
    """No text alone makes anyone follow, stop or change anything: at most something is shown or asked."""
    decided = planned(voice, came(Said(text)), FOLLOWER)

    assert isinstance(decided, Reply | Ask | Choose | ExportAll | ShowWays)
