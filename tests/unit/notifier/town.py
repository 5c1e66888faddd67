"""A town in memory for random walks: a tracker, a store and people's phones, as simple as they can be."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from contracts import typed_code
from contracts.messages.following import Exported, History, Shared
from contracts.messages.ids import SubscriptionId
from contracts.messages.rpc import (
    Followed,
    Redeemed,
    Refused,
    StatusAnswer,
    Stopped,
)
from services.notifier.conversation import citizen, planner, replies
from services.notifier.domain.actions import (
    Ask,
    Choose,
    ExportAll,
    Follow,
    ForgetMe,
    Holdings,
    Ignore,
    Known,
    KnownRecipient,
    MakeShare,
    MarkUnreachable,
    Outbound,
    Outcome,
    Plan,
    ReadPhoto,
    Reply,
    Revive,
    Scanned,
    SetLanguage,
    SetName,
    SetPhrase,
    SetQuiet,
    SetZone,
    ShowHistory,
    StopFollowing,
    Unavailable,
)
from services.notifier.domain.incoming import Body, Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Personal
from services.notifier.wording.i18n import Voice
from services.notifier.wording.notices import render_notice
from tests.intents import INTENTS
from tests.unit.notifier.conftest import MakeNotice
from tests.unit.notifier.talk import AT, LANGUAGES, LINKS

MOST_DOCUMENTS = 3
STAGES = ("accepted", "verification", "correction_needed", "printing", "shipped", "arrived", "issued")
PERSONAL: TypeAdapter[Personal] = TypeAdapter(Personal)
SPACE = UUID(int=99)


@dataclass
class Application:
    """One document on its way, with its receipt's secrets."""

    number: int
    stage: int | None = None

    @property
    def token(self) -> str:
        """What its receipt's link carries."""
        return f"{self.number:022}"

    @property
    def code(self) -> str:
        """What is typed."""
        return typed_code.encode(bytes([self.number + 1]) * 8)

    @property
    def masked(self) -> str:
        """The tail of its number, which no other has."""
        return f"…70{self.number:02}"


@dataclass
class Person:
    """Somebody with a phone: what is stored of them as the database has it, and what their phone shows."""

    name: str
    language: str | None
    stored: bytes | None = None
    recipient: KnownRecipient | None = None
    phone: list[Message] = field(default_factory=list)
    last: Incoming | None = None
    ever: set[int] = field(default_factory=set)


class Town:
    """Carries plans out as the notifier does; `reachable` is whether the tracker answers."""

    def __init__(self, voice: Voice, notice_of: MakeNotice) -> None:
        self._voice = voice
        self._notice_of = notice_of
        self.people = [
            Person(name, language) for name, language in (("anna", "uk"), ("ben", "en"), ("wu", None))
        ]
        self.applications = [Application(number) for number in range(5)]
        self.follows: dict[tuple[str, int], SubscriptionId] = {}
        self.shares: dict[str, int] = {}
        self.handled: set[str] = set()
        self.reachable = True
        self.update = 0

    def act(self, person: Person, body: Body) -> list[Message]:
        """Do something new; return what the phone shows of the answer."""
        self.update += 1
        person.last = Incoming(
            str(self.update), person.name, private=True, language=person.language, at=AT, body=body
        )
        return self.deliver(person, person.last)

    def deliver(self, person: Person, incoming: Incoming) -> list[Message]:
        """Have an update come in, perhaps once more."""
        if incoming.update in self.handled:
            return []
        known = Known(self._restored(person), LANGUAGES, LINKS)
        plan: Plan | None = planner.plan(incoming, known, self._voice, INTENTS)
        done: Plan = Ignore("unreadable")
        outcome: Outcome | None = None
        while plan is not None:
            done, outcome = plan, self._outcome(person, plan, incoming)
            plan = planner.then(done, outcome, incoming, known, self._voice)
        answers = replies.answer(done, outcome, incoming, known, self._voice)
        self._store(person, done, outcome)
        self.handled.add(incoming.update)
        return self._show(person, answers)

    def advance(self, application: Application, stage: int) -> list[tuple[Person, Message]]:
        """Move a document on and tell everybody who follows it."""
        application.stage = stage
        told = []
        for person in self.people:
            subscription = self.follows.get((person.name, application.number))
            recipient = self._restored(person)
            if subscription is not None and recipient is not None:
                notice = self._notice_of(
                    subscription_id=subscription, stage=STAGES[stage], masked=application.masked
                )
                reader = Known(recipient, LANGUAGES).reader(recipient.language)
                told.append((person, render_notice(notice, reader, self._voice)))
                person.phone.append(told[-1][1])
        return told

    def _show(self, person: Person, answers: tuple[Outbound, ...]) -> list[Message]:
        shown = [answer.message for answer in answers]
        for message in shown:
            if message.replaces is not None and int(message.replaces) < len(person.phone):
                person.phone[int(message.replaces)] = message
            else:
                person.phone.append(message)
        return shown

    def _restored(self, person: Person) -> KnownRecipient | None:
        """Return what the database has; nothing of the conversation lives anywhere else."""
        if person.recipient is None or person.stored is None:
            return None
        return replace(person.recipient, personal=PERSONAL.validate_json(person.stored))

    def _outcome(self, person: Person, plan: Plan, incoming: Incoming) -> Outcome | None:
        if isinstance(plan, Follow):
            assert isinstance(incoming.body, Tapped), "nobody follows without a tap"
            assert incoming.body.data.startswith("y"), "nobody follows without a yes"
            person.recipient = person.recipient or KnownRecipient(plan.language, consented=True)
            person.stored = person.stored or PERSONAL.dump_json(Personal())
        if isinstance(plan, ReadPhoto):
            return Scanned((plan.reference,))
        asks = isinstance(plan, Follow | Ask | Choose | ShowHistory | MakeShare | ExportAll | StopFollowing)
        return self._asked(person, plan) if asks and self.reachable else (Unavailable() if asks else None)

    def _asked(self, person: Person, plan: Plan) -> Outcome | None:
        outcome: Outcome | None = None
        match plan:
            case Follow(kind, secret):
                outcome = self._redeem(person, kind, secret)
            case Ask() | Choose():
                outcome = StatusAnswer(followed=tuple(self.followed(person).values()))
            case ShowHistory(subscription):
                found = self.followed(person).get(SubscriptionId(subscription))
                outcome = Refused(reason="invalid")
                if found is not None:
                    outcome = History(followed=found, moments=(), followers=(AT,))
            case MakeShare(subscription, cause):
                outcome = Refused(reason="invalid")
                if subscription in self.followed(person):
                    token = uuid5(SPACE, f"{subscription}{cause}").hex[:22]
                    self.shares[token] = self._number_of(person, subscription)
                    outcome = Shared(token=token, expires_at=AT + timedelta(days=7))
            case ExportAll():
                held = Exported(holdings=())
                outcome = Holdings(held, person.name, "town", AT, AT, AT, 1)
            case StopFollowing(named):
                mine = {key: one for key, one in self.follows.items() if key[0] == person.name}
                ended = [key for key, one in mine.items() if named in {None, one}]
                for key in ended:
                    del self.follows[key]
                outcome = Stopped(ended=len(ended))
            case _:
                pass
        return outcome

    def _redeem(self, person: Person, kind: str, secret: str) -> Outcome:
        number = self.shares.get(secret)
        for one in self.applications:
            if secret == (one.token if kind == "token" else one.code):
                number = one.number
        if number is None:
            return Refused(reason="invalid")
        key, mine = (person.name, number), self.followed(person)
        created = key not in self.follows
        if created and len(mine) >= MOST_DOCUMENTS:
            return Refused(reason="too_many")
        self.follows.setdefault(key, SubscriptionId(uuid5(SPACE, f"{key}{self.update}")))
        person.ever.add(number)
        return Redeemed(created=created, followed=self.followed(person)[self.follows[key]])

    def _number_of(self, person: Person, subscription: UUID) -> int:
        return next(
            key[1] for key, one in self.follows.items() if key[0] == person.name and one == subscription
        )

    def followed(self, person: Person) -> dict[SubscriptionId, Followed]:
        """What somebody follows now, by subscription."""
        return {
            one: Followed(
                subscription_id=one,
                document_type="id_card",
                masked=self.applications[number].masked,
                revision=1,
                stage=None if (stage := self.applications[number].stage) is None else STAGES[stage],
                occurred_at=AT,
                since=AT,
            )
            for (name, number), one in self.follows.items()
            if name == person.name
        }

    def _store(self, person: Person, done: Plan, outcome: Outcome | None) -> None:
        before, awaits = self._restored(person), None
        if before is None:
            return
        after = before
        match done:
            case SetLanguage() | SetQuiet() | SetZone() | SetPhrase() | SetName():
                after = citizen.changed(before, done)
            case StopFollowing(subscription) if isinstance(outcome, Stopped):
                after = replace(before, personal=before.personal.without_names(subscription))
            case Reply():
                awaits = done.awaits
            case ForgetMe():
                person.recipient = person.stored = None
                self.follows = {key: one for key, one in self.follows.items() if key[0] != person.name}
                return
            case Follow() if isinstance(outcome, Refused) and not self.followed(person):
                person.recipient = person.stored = None
                return
            case Follow() | Ask() | Choose() | ShowHistory() | MakeShare() | ExportAll() | StopFollowing():
                pass
            case ReadPhoto() | MarkUnreachable() | Revive() | Ignore():
                pass
            case _ as never:
                assert_never(never)
        person.recipient = replace(after, awaits=awaits)
        person.stored = PERSONAL.dump_json(after.personal)
