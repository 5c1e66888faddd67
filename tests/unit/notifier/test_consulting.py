"""The consultation in a chat: one question after the other, and nothing kept but in the buttons."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalogue import Catalogue, Consultation
from services.notifier.channels.base import Capabilities
from services.notifier.conversation.choices import fit
from services.notifier.domain.actions import Outbound, Reply
from services.notifier.domain.messages import Button, Message
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.keyboard import consultation_data
from services.notifier.wording.keyboard.consultation_data import Consulting
from tests.unit.notifier.talk import FOLLOWER, STRANGER, only, planned, tap

PLAIN = Capabilities(
    longest=1000,
    caption=0,
    buttons=False,
    edits=False,
    pictures=False,
    private=False,
    receipts=frozenset(),
    converses=True,
    updates=frozenset({"polling"}),
    paid=False,
    exposed=False,
)


def buttons(message: Message) -> dict[str, Button]:
    return {button.text: button for row in message.buttons for button in row}


def tapped(voice: Voice, message: Message, *labels: str) -> Message:
    """Tap one button after the other, each under the answer to the one before."""
    for label in labels:
        message = only(planned(voice, tap(buttons(message)[label].data), STRANGER))
    return message


@pytest.fixture
def start(voice: Voice) -> Message:
    return only(planned(voice, "/papers", STRANGER))


@pytest.mark.parametrize("text", ["/papers", "what documents do I need to apply", "как оформить паспорт"])
def test_people_ask_for_it(voice: Voice, text: str) -> None:
    """A command and one's own words open the choice of documents, for followers and strangers alike."""
    for known in (STRANGER, FOLLOWER):
        message = only(planned(voice, text, known))

        assert [f"pp:a:{one.version}::{code}" for code, one in voice.catalogue.consultations.items()] == [
            button.data for row in message.buttons[:-1] for button in row
        ]


def test_one_question_after_the_other(voice: Voice, start: Message) -> None:
    """Answers lead to the list, which says what was answered; each message takes the place of the last."""
    asked = tapped(voice, start, "National identity card", "Yes", "14 to 17", "It is the first passport")
    listed = tapped(voice, asked, "I don’t know", "No")

    assert "Is your home registered?" in asked.shown
    assert "• How old is this person? 14 to 17" in listed.shown
    assert "up to 20 business days, free of charge" in listed.shown
    assert "The office will look it up." in listed.shown
    assert ("17", "17") == (asked.replaces, listed.replaces)


def test_back_and_again(voice: Voice, start: Message) -> None:
    """Back is the question before with the answers before; again is the first one with none."""
    first = tapped(voice, start, "National identity card")
    second = tapped(voice, first, "Yes")
    third = tapped(voice, second, "14 to 17")

    assert second == tapped(voice, third, "Back")
    assert first == tapped(voice, third, "Back", "Back")
    assert first == tapped(voice, third, "Start again")
    assert [row[0].text for row in start.buttons] == [
        row[0].text for row in tapped(voice, third, "Another document").buttons
    ]


def test_the_list_as_a_file(voice: Voice, start: Message) -> None:
    """The list comes as a file, with the address and hours of every office, and as a message of its own."""
    way = ("Permanent residence permit", "I have none", "The permit is lost", "16 or older")

    sent = tapped(voice, start, *way, "Send it as a file")

    assert sent.attachment is not None
    assert "• The document of a stateless person" in sent.attachment.content
    assert "3 Stara Lypova Street" in sent.attachment.content
    assert sent.replaces is None


def test_where_to_go(voice: Voice, start: Message) -> None:
    """Only the offices that take such applications are offered, each with its hours."""
    way = ("Permanent residence permit", "I have none", "The permit is lost", "16 or older")

    offered = tapped(voice, start, *way, "Offices and hours")

    assert ["of:kyiv-2", "of:kharkiv", "of:odesa", "of:dnipro", "of:lviv", "h"] == [
        button.data for row in offered.buttons for button in row
    ]


def test_advice_leads_to_another_document(voice: Voice, start: Message) -> None:
    """Who needs another document gets to its questions by one tap."""
    ended = tapped(voice, start, "National identity card", "No")
    other = tapped(voice, ended, "Temporary residence permit")

    assert "What to bring" not in ended.shown
    assert "What is your citizenship?" in other.shown


def test_how_to_follow(voice: Voice, start: Message) -> None:
    """The list leads on to following the document once there is a receipt."""
    way = ("Permanent residence permit", "I have none", "The permit is lost", "16 or older")

    assert "scan the code on your receipt" in tapped(voice, start, *way, "Follow my document").shown


def test_questions_that_changed(voice: Voice) -> None:
    """A button of questions that were worded otherwise says so and begins anew; with no answers it begins."""
    old = Consulting("go", "id_card", "AAAAAAAA", "00")

    anew = only(planned(voice, tap(consultation_data.data(old)), STRANGER))
    begun = only(planned(voice, tap("pp:a:AAAAAAAA::id_card"), STRANGER))

    assert anew.shown.startswith("These questions have changed since then.")
    assert begun.shown.startswith("National identity card")
    assert anew.buttons == begun.buttons


def test_a_document_that_is_gone(voice: Voice) -> None:
    """A button of a document without a consultation offers those that have one."""
    found = only(planned(voice, tap("pp:f:AAAAAAAA:00:old_card"), STRANGER))

    assert found.shown.startswith("Which document do you want to apply for?")


def test_an_agency_without_any(voice: Voice, catalogue: Catalogue) -> None:
    """Without consultations nobody is offered any, and who asks is sent to the offices."""
    without = catalogue.model_copy(update={"consultations": {}})
    bare = Voice(without, {code: _of(voice, code, without) for code in voice.languages})

    asked, hello = only(planned(bare, "/papers", STRANGER)), only(planned(bare, "/start", STRANGER))

    assert asked.shown.startswith("We have no list of papers here.")
    assert "pp" not in {button.data for button in buttons(hello).values()}
    assert "/papers" not in only(planned(bare, "/help", STRANGER)).shown


def _of(voice: Voice, code: str, catalogue: Catalogue) -> Speech:
    return replace(voice.speeches[code], catalogue=catalogue, kept={})


def test_a_version_is_of_the_questions(catalogue: Catalogue) -> None:
    """Another word in a question makes another version; another paper does not."""
    one = catalogue.consultations["id_card"]
    written = one.model_dump()
    asked = {**written["questions"]["age"], "text": {"en": "What age?"}}

    worded = {**written, "questions": {**written["questions"], "age": asked}}
    listed = {**written, "papers": written["papers"][:1]}

    assert one.version != Consultation.model_validate(worded).version
    assert one.version == Consultation.model_validate(listed).version


def test_by_numbers(voice: Voice, start: Message) -> None:
    """Where there are no buttons, each answer has a number that stands for it."""
    message = tapped(voice, start, "National identity card")

    made = fit([Outbound(message)], PLAIN)

    assert "1 - Yes\n2 - No\n3 - Another document" in made.answers[0].message.shown
    assert tuple(button.data for button in buttons(message).values()) == made.choices


@settings(max_examples=60)
@given(draw=st.data())
def test_any_walk(voice: Voice, draw: st.DataObject) -> None:
    """Whichever buttons are tapped, each answers by itself, fits its bytes and leads on."""
    message = only(planned(voice, "/papers", STRANGER))
    for _ in range(12):
        offered = [button for button in buttons(message).values() if button.data.startswith("pp")]
        assert all(len(button.data.encode()) <= 63 for button in offered)
        if not offered:
            break
        plan = planned(voice, tap(draw.draw(st.sampled_from(offered)).data), STRANGER)
        assert isinstance(plan, Reply)
        message = only(plan)


@given(
    verb=st.sampled_from("afwz"),
    version=st.sampled_from(["", "AAAAAAAA", "real"]),
    answers=st.text("0123456789abz-?", max_size=17),
    code=st.sampled_from(["id_card", "foreign_passport", "", "x" * 40]),
)
def test_made_up_data(voice: Voice, verb: str, version: str, answers: str, code: str) -> None:
    """Whatever comes back from outside is answered."""
    known = voice.catalogue.consultations.get(code)
    if version == "real" and known is not None:
        version = known.version

    assert only(planned(voice, tap(f"pp:{verb}:{version}:{answers}:{code}"), STRANGER)).shown
