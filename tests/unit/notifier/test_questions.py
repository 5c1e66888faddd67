"""What one can ask: one thing of each document, one document of several, and what nobody else may learn."""

from datetime import date, timedelta

import pytest

from contracts.messages.following import (
    Exported,
    History,
    Moment,
    Shared,
)
from contracts.messages.rpc import Refused, StatusAnswer
from services.notifier.conversation import planner
from services.notifier.domain.actions import (
    Action,
    Ask,
    Choose,
    ExportAll,
    Holdings,
    MakeShare,
    Outcome,
    Reply,
    ShowHistory,
    StopFollowing,
    Unavailable,
)
from services.notifier.domain.addresses.ways import Reached
from services.notifier.domain.incoming import Said
from services.notifier.domain.preferences import Awaiting, Personal
from services.notifier.wording.i18n import Voice
from tests.intents import INTENTS
from tests.unit.notifier.talk import (
    AT,
    FOLLOWED,
    FOLLOWER,
    ONE,
    OTHER,
    STRANGER,
    TICKET,
    TWO,
    came,
    data,
    follower,
    only,
    planned,
    tap,
    told,
)

BOTH = StatusAnswer(followed=(FOLLOWED, OTHER))
SHARED = Shared(token=TICKET, expires_at=AT + timedelta(days=7))


@pytest.mark.parametrize(
    ("act", "plan"),
    [
        ("/history", Choose("history")),
        ("/name", Choose("name")),
        ("/share", Choose("share")),
        ("/hours", Ask("hours")),
        ("/export", ExportAll()),
        ("when will it be ready", Ask("when")),
        ("що взяти з собою", Ask("bring")),
        ("готов ли паспорт", Ask("where")),
    ],
)
def test_what_is_asked(voice: Voice, act: str, plan: Action) -> None:
    """Commands and plain words lead to the same plans."""
    assert plan == planned(voice, act)


@pytest.mark.parametrize(
    ("button", "plan"),
    [
        (f"i:{ONE.hex}", ShowHistory(ONE)),
        (f"b:{ONE.hex}", Ask("bring", ONE)),
        (f"o:{ONE.hex}", Ask("hours", ONE)),
        (f"sh:{ONE.hex}", MakeShare(ONE, "17/2026-03-02")),
        ("o", Ask("hours")),
        ("ex", ExportAll()),
    ],
)
def test_a_button_under_a_document_is_about_it_alone(voice: Voice, button: str, plan: Action) -> None:
    """What is tapped under one document asks for that one; a stranger hears how to begin."""
    assert plan == planned(voice, tap(button))
    assert isinstance(planned(voice, tap(button), STRANGER), Reply)


def test_two_taps_on_sharing_are_one_share(voice: Voice) -> None:
    """The same button on the same day names the same share, so a second tap makes no second link."""
    first, second = (planned(voice, tap(f"sh:{ONE.hex}")) for _ in range(2))

    assert first == second
    assert first != planned(voice, tap(f"sh:{ONE.hex}", "18"))


@pytest.mark.parametrize(("what", "letter"), [("history", "i"), ("share", "sh"), ("name", "nm")])
def test_one_of_several_is_chosen_by_a_button(voice: Voice, what: str, letter: str) -> None:
    """Where several documents could be meant, each is offered by its name; the only one needs no choice."""
    choose = planned(voice, f"/{what}")
    known = follower(Personal(names={TWO: "Mum's"}))

    (asked,) = told(voice, choose, BOTH, known)
    after = planner.then(
        choose, StatusAnswer(followed=(FOLLOWED,)), came(Said("x")), FOLLOWER, voice, intents=INTENTS
    )

    assert [f"{letter}:{ONE.hex}", f"{letter}:{TWO.hex}", "h"] == data(asked.message)
    assert "Mum's, No. …0002" == asked.message.buttons[1][0].text
    assert planner.then(choose, BOTH, came(Said("x")), FOLLOWER, voice, intents=INTENTS) is None
    assert after in {ShowHistory(ONE), MakeShare(ONE, "1")} or (
        isinstance(after, Reply) and after.awaits == Awaiting("name", ONE)
    )


def test_an_answer_about_one_document_leaves_the_others_out(voice: Voice) -> None:
    """Asked for one, one is told; asked for all, all are."""
    one, all_of_them = told(voice, Ask("when", TWO), BOTH), told(voice, Ask("when"), BOTH)

    assert ["…0002" in message.message.shown for message in one] == [True]
    assert 2 == len(all_of_them)


@pytest.mark.parametrize(
    ("done", "outcome"),
    [
        (Ask("bring", ONE), StatusAnswer(followed=(OTHER,))),
        (ShowHistory(ONE), Refused(reason="invalid")),
        (MakeShare(ONE, "1"), Refused(reason="invalid")),
    ],
)
def test_a_document_that_is_followed_no_more(voice: Voice, done: Action, outcome: Outcome) -> None:
    """An old button under a document that was stopped says so."""
    assert "do not follow this document any more" in told(voice, done, outcome)[0].message.shown


@pytest.mark.parametrize(
    "done",
    [Ask("where"), Choose("name"), ShowHistory(ONE), MakeShare(ONE, "1"), ExportAll(), StopFollowing(ONE)],
)
@pytest.mark.parametrize("outcome", [Unavailable(), Refused(reason="unavailable"), None])
def test_our_own_troubles_are_owned_up_to(voice: Voice, done: Action, outcome: Outcome | None) -> None:
    """Whatever was asked, no answer from the tracker is our trouble and loses nothing."""
    (one,) = told(voice, done, outcome)

    assert "Nothing is lost" in one.message.shown
    assert data(one.message)


def test_the_expected_date_says_why_it_moved(voice: Voice) -> None:
    """A new date names the old one and whose it is; a late document says that it is late."""
    moved = FOLLOWED.model_copy(
        update={"expected_at": date(2026, 3, 12), "expected_before": date(2026, 3, 6), "overdue": True}
    )
    texts = [
        told(voice, Ask("when"), StatusAnswer(followed=(moved.model_copy(update={"expected_from": whose}),)))[
            0
        ].message.shown
        for whose in ("publisher", "calendar")
    ]

    assert ["The office has changed the date" in text for text in texts] == [True, False]
    assert all("12 March 2026" in text and "6 March 2026" in text for text in texts)
    assert all("longer than usual" in text for text in texts)


def test_history_tells_the_way_and_nobody_else(voice: Voice) -> None:
    """Every stage with its time, how many follow and since when, protected from being passed on."""
    way = (Moment(stage="accepted", occurred_at=AT), Moment(stage="gone", occurred_at=AT + timedelta(days=1)))
    found = History(followed=FOLLOWED, moments=way, followers=(AT, AT))

    (one,) = told(voice, ShowHistory(ONE), found)

    assert "2 March 2026, 14:00: Application accepted" in one.message.shown
    assert "2 people follow this document" in one.message.shown
    assert one.message.private


def test_a_share_is_two_messages(voice: Voice) -> None:
    """One to pass on, which says nothing of its sender, and one that tells the limits."""
    known = follower(Personal("blue door", {ONE: "Mum's"}))

    invitation, limits = told(voice, MakeShare(ONE, "1"), SHARED, known)

    assert f"https://t.me/sample_bot?start={TICKET}" in invitation.message.shown
    assert not invitation.message.private
    assert not [word for word in ("blue door", "Mum's", "…0001") if word in invitation.message.shown]
    assert "one person, until 9 March 2026, 14:00" in limits.message.shown
    assert "blue door" in limits.message.shown


def test_a_share_at_the_limit(voice: Voice) -> None:
    """Too many followers or open links are told as what they are."""
    (one,) = told(voice, MakeShare(ONE, "1"), Refused(reason="limit"))

    assert "No more people" in one.message.shown


def test_a_share_by_a_receipt_that_lapsed(voice: Voice) -> None:
    """Who follows by it is told that they go on following, and what lets them share again."""
    (one,) = told(voice, MakeShare(ONE, "1"), Refused(reason="invalid", problem="lapsed"))

    assert "You still follow this document" in one.message.shown
    assert "Scan the new receipt first" in one.message.shown


def test_office_hours_are_told_for_each_office_once(voice: Voice) -> None:
    """Today and the next days of the office of each document; without an office one may choose."""
    same = OTHER.model_copy(update={"office": "kyiv-1"})
    nowhere = FOLLOWED.model_copy(update={"office": None})

    once = told(voice, Ask("hours"), StatusAnswer(followed=(FOLLOWED, same)))
    both = told(voice, Ask("hours"), BOTH)
    (choice,) = told(voice, Ask("hours"), StatusAnswer(followed=(nowhere,)))

    assert [1, 2] == [len(once), len(both)]
    assert "Today, Monday, 2 March: 09:00–18:00" in once[0].message.shown
    assert "of:kyiv-1" in data(choice.message)
    assert "09:00–18:00" in only(planned(voice, tap("of:kyiv-1"), STRANGER)).shown


def test_what_to_bring_later(voice: Voice) -> None:
    """Before the document has arrived the answer says what will be needed then."""
    (one,) = told(voice, Ask("bring", ONE), BOTH)

    assert "need not bring anything now" in one.message.shown
    assert "proof of identity" in one.message.shown


def test_the_export_is_a_file_to_read(voice: Voice) -> None:
    """Everything held, by the tracker and here, in one text with the person's own words."""
    held = Holdings(Exported(holdings=()), [Reached("telegram", "4242", AT, reachable=True)], AT, AT, 3)

    (one,) = told(voice, ExportAll(), held, follower(Personal("blue <door>")))

    assert one.message.attachment is not None
    assert all(word in one.message.attachment.content for word in ("4242", "blue <door>", "Kyiv"))
    assert one.message.private
