"""Random walks through the conversation: taps, words, replays, all answered, and nothing ever mixed up."""

import re
from collections.abc import Callable
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.notifier.domain.incoming import Body, Photo, Said, Started, Tapped, Unsupported
from services.notifier.domain.messages import Message, utf16_length
from services.notifier.wording.i18n import Voice
from services.notifier.wording.keyboard import callback_data
from tests.unit.notifier.conftest import MakeNotice
from tests.unit.notifier.test_words import SAID
from tests.unit.notifier.town import STAGES, Town
from tests.unit.notifier.townspeople import Person

PEOPLE, APPLICATIONS = st.integers(0, 2), st.integers(0, 4)
COMMANDS = (
    *(
        "start",
        "menu",
        "ask",
        "status",
        "history",
        "hours",
        "papers",
        "ways",
        "settings",
        "language",
        "quiet",
        "zone",
        "phrase",
        "name",
    ),
    *("share", "stop", "export", "forget", "privacy", "help", "nonsense"),
)
TAIL = re.compile(r"…70(\d\d)")
MARK = re.compile(r"(anna|ben|wu)'s")


class Walk(RuleBasedStateMachine):
    """Three people, five documents; `make` builds their town."""

    make: ClassVar[Callable[[], Town]]

    def __init__(self) -> None:
        super().__init__()
        self.town = type(self).make()

    def check(self, person: Person, answers: list[Message]) -> None:
        """Every answer leads on, fits, and is about nobody and nothing else."""
        assert answers, "no answer"
        assert any(button.data for row in answers[-1].buttons for button in row), "a dead end"
        for message in answers:
            self.check_one(person, message)

    def check_one(self, person: Person, message: Message) -> None:
        """Hold one message against what its reader may see."""
        data = [button.data for row in message.buttons for button in row if button.data]
        text = message.shown + " ".join(button.text for row in message.buttons for button in row)
        assert 0 < utf16_length(message.shown) <= 4096
        assert all(callback_data.parse(each) is not None and len(each.encode()) <= 64 for each in data)
        numbers = {int(tail) for tail in TAIL.findall(text)}
        # Who became one with others reads at each address what any of them follows.
        same = (other for other in self.town.people if other.record.key == person.record.key)
        ever = {document for one in same for document in one.ever}
        assert numbers <= ever, "somebody else's document"
        assert set(MARK.findall(text)) <= person.words, "somebody else's words"

    @initialize(pairs=st.sets(st.tuples(PEOPLE, APPLICATIONS), min_size=2))
    def begin(self, pairs: set[tuple[int, int]]) -> None:
        """Have some people follow some documents."""
        for who, which in sorted(pairs):
            self.bring_a_receipt(who, which, "link")
            self.tap_the_newest(who, 0)

    @rule(who=PEOPLE, which=APPLICATIONS, by=st.sampled_from(["link", "code", "photo"]))
    def bring_a_receipt(self, who: int, which: int, by: str) -> None:
        """Scan, type or photograph a receipt."""
        person, application = self.town.people[who], self.town.applications[which]
        way: dict[str, Body] = {
            "link": Started(application.token),
            "code": Said(application.code.lower()),
            "photo": Photo(f"https://t.me/sample_bot?start={application.token}"),
        }
        self.check(person, self.town.act(person, way[by]))

    @rule(who=PEOPLE, which=st.integers(0, 10_000), row=st.integers(0, 10_000))
    def tap(self, who: int, which: int, row: int) -> None:
        """Tap any button of any message that is still on the phone."""
        person = self.town.people[who]
        if person.phone:
            place = which % len(person.phone)
            offered = [one.data for line in person.phone[place].buttons for one in line if one.data]
            if offered:
                self.check(
                    person, self.town.act(person, Tapped(offered[row % len(offered)], str(place), "q"))
                )

    @rule(who=PEOPLE, row=st.integers(0, 3))
    def tap_the_newest(self, who: int, row: int) -> None:
        """Tap a button under the newest message."""
        self.tap(who, len(self.town.people[who].phone) - 1, row)

    @rule(who=PEOPLE, other=PEOPLE, row=st.integers(0, 2))
    def join(self, who: int, other: int, row: int) -> None:
        """Ask for a link on one phone, open it on another, and answer."""
        inviter, person = self.town.people[who], self.town.people[other]
        before = set(self.town.invitations)
        self.check(inviter, self.town.act(inviter, Tapped(callback_data.ADD_WAY, None, "q")))
        for secret in set(self.town.invitations) - before:
            self.check(person, self.town.act(person, Started(secret)))
            self.tap_the_newest(other, row)

    @rule(who=PEOPLE, name=st.sampled_from(COMMANDS))
    def command(self, who: int, name: str) -> None:
        """Send a command."""
        person = self.town.people[who]
        self.check(person, self.town.act(person, Said(f"/{name}")))

    @rule(
        who=PEOPLE, name=st.sampled_from(COMMANDS), rows=st.lists(st.integers(0, 3), min_size=1, max_size=3)
    )
    def go_deeper(self, who: int, name: str, rows: list[int]) -> None:
        """Send a command and tap on from there."""
        self.command(who, name)
        for row in rows:
            self.tap_the_newest(who, row)

    @rule(who=PEOPLE, text=st.sampled_from([text for _, _, text in SAID]) | st.text(max_size=60))
    def say(self, who: int, text: str) -> None:
        """Write something."""
        person = self.town.people[who]
        self.check(person, self.town.act(person, Said(text)))

    @rule(who=PEOPLE, number=st.integers(0, 3))
    def say_something_of_ones_own(self, who: int, number: int) -> None:
        """Write what nobody else writes: a phrase or a name where one was asked for."""
        person = self.town.people[who]
        self.check(person, self.town.act(person, Said(f"{person.name}'s {number}")))

    @rule(who=PEOPLE, what=st.sampled_from(["sticker", "voice", "contact", "edited_message"]))
    def send_something_else(self, who: int, what: str) -> None:
        """Send what the conversation has no use for."""
        person = self.town.people[who]
        self.check(person, self.town.act(person, Unsupported(what)))

    @rule(who=PEOPLE)
    def replay(self, who: int) -> None:
        """Have the same update come in again; nothing at all happens."""
        person = self.town.people[who]
        before = (person.record.stored, person.record.recipient, dict(self.town.follows), list(person.phone))
        if person.last is not None:
            assert [] == self.town.deliver(person, person.last)
        assert before == (person.record.stored, person.record.recipient, self.town.follows, person.phone)

    @rule(which=APPLICATIONS, stage=st.integers(0, len(STAGES) - 1))
    def move_on(self, which: int, stage: int) -> None:
        """Have the office move a document on."""
        for person, message in self.town.advance(self.town.applications[which], stage):
            self.check(person, [message])

    @precondition(lambda self: self.town.reachable)
    @rule()
    def lose_the_tracker(self) -> None:
        """From now on the tracker does not answer."""
        self.town.reachable = False

    @precondition(lambda self: not self.town.reachable)
    @rule()
    def find_the_tracker(self) -> None:
        """The tracker answers again."""
        self.town.reachable = True


def test_no_walk_ends_nowhere_or_mixes_people_up(voice: Voice, notice_of: MakeNotice) -> None:
    """Whatever people do in whatever order, each gets an answer that leads on and is theirs alone."""
    bound = type("Bound", (Walk,), {"make": staticmethod(lambda: Town(voice, notice_of))})

    run_state_machine_as_test(
        bound, settings=settings(max_examples=40, stateful_step_count=50, deadline=None)
    )
