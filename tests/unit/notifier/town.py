"""A town in memory for random walks: a tracker, a store and people's phones, as simple as they can be."""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from contracts.messages.desk.appointments import Refused as NotReady
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
    Action,
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
    ReadPhoto,
    Reply,
    Revive,
    Scanned,
    ShowHistory,
    StopFollowing,
    Tell,
    Unavailable,
)
from services.notifier.domain.addresses.ways import (
    AddressAction,
    AddWay,
    AskToDrop,
    AskToJoin,
    Dropped,
    DropWay,
    Invitations,
    Inviting,
    Join,
    LastWay,
    Leave,
    Lettered,
    OnePerson,
    PutFirst,
    Reached,
    ShowWays,
    TellThere,
    Uninvited,
    Way,
    Ways,
    WriteLetter,
    offered,
)
from services.notifier.domain.appointments import Appoint
from services.notifier.domain.handover import HandoverAction
from services.notifier.domain.incoming import Body, Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Personal, SetLanguage, SetName, SetPhrase, SetQuiet, SetZone
from services.notifier.wording.i18n import Voice
from services.notifier.wording.notices import render_notice
from tests.intents import ANSWERING
from tests.unit.notifier.conftest import MakeNotice
from tests.unit.notifier.talk import AT, LANGUAGES, LINKS
from tests.unit.notifier.townspeople import SPACE, Application, Person, Record

MOST_DOCUMENTS = 3
STAGES = ("accepted", "verification", "correction_needed", "printing", "shipped", "arrived", "issued")
PERSONAL: TypeAdapter[Personal] = TypeAdapter(Personal)
MOST_TURNS = 10
"""So many plans at most follow from each other: no answer leads back to itself."""


class Town:
    """Carries plans out as the notifier does; `reachable` is whether the tracker answers."""

    def __init__(self, voice: Voice, notice_of: MakeNotice) -> None:
        self._voice = voice
        self._notice_of = notice_of
        phones = (("anna", "uk", "telegram"), ("ben", "en", "viber"), ("wu", None, "telegram"))
        self.people = [
            Person(name, language, account, Record(name), words={name}) for name, language, account in phones
        ]
        self.order = [person.address for person in self.people]
        self.invitations: dict[str, Person] = {}
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
        plan: Action | None = planner.plan(incoming, known, self._voice, ANSWERING)
        done: Action = Ignore("unreadable")
        outcome: Outcome | None = None
        turns = 0
        while plan is not None:
            turns += 1
            assert turns <= MOST_TURNS, (plan, done, outcome)
            done, outcome = plan, self._outcome(person, plan, incoming)
            plan = planner.then(done, outcome, incoming, known, self._voice, intents=ANSWERING)
        known = Known(self._restored(person) or known.recipient, LANGUAGES, LINKS)
        answers = replies.answer(done, outcome, incoming, known, self._voice)
        self._store(person, done, outcome)
        self.handled.add(incoming.update)
        return self._show(person, answers)

    def advance(self, application: Application, stage: int) -> list[tuple[Person, Message]]:
        """Move a document on and tell everybody who follows it."""
        application.stage = stage
        told = []
        for person in self.people:
            subscription = self.follows.get((person.record.key, application.number))
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
        if person.record.recipient is None or person.record.stored is None:
            return None
        return replace(person.record.recipient, personal=PERSONAL.validate_json(person.record.stored))

    def _outcome(self, person: Person, plan: Action, incoming: Incoming) -> Outcome | None:
        if isinstance(plan, Follow):
            assert isinstance(incoming.body, Tapped), "nobody follows without a tap"
            assert incoming.body.data.startswith("y"), "nobody follows without a yes"
            person.record.recipient = person.record.recipient or KnownRecipient(plan.language, consented=True)
            person.record.stored = person.record.stored or PERSONAL.dump_json(Personal())
        if isinstance(plan, ReadPhoto):
            return Scanned((plan.reference,))
        if isinstance(
            plan, ShowWays | WriteLetter | AskToDrop | AddWay | AskToJoin | PutFirst | DropWay | Join
        ):
            return self._of_ways(person, plan)
        if isinstance(plan, Appoint):
            return NotReady(reason="not_ready") if self.reachable else Unavailable()
        asks = isinstance(plan, Follow | Ask | Choose | ShowHistory | MakeShare | ExportAll | StopFollowing)
        return self._asked(person, plan) if asks and self.reachable else (Unavailable() if asks else None)

    def _asked(self, person: Person, plan: Action) -> Outcome | None:
        outcome: Outcome | None = None
        match plan:
            case Follow(kind, secret):
                outcome = self._redeem(person, kind, secret)
            case Ask() | Tell() | Choose():
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
                reached = [
                    Reached(one.account, one.name, AT, reachable=True) for one in self.phones_of(person)
                ]
                outcome = Holdings(held, reached, AT, AT, 1)
            case StopFollowing(named):
                mine = {key: one for key, one in self.follows.items() if key[0] == person.record.key}
                ended = [key for key, one in mine.items() if named in {None, one}]
                for key in ended:
                    del self.follows[key]
                outcome = Stopped(ended=len(ended))
            case _:
                pass
        return outcome

    def phones_of(self, person: Person) -> list[Person]:
        """The phones of the one who has this one, in their order."""
        own = [one for one in self.people if one.record is person.record]
        return sorted(own, key=lambda one: self.order.index(one.address))

    def _ways(self, person: Person) -> Ways:
        own = self.phones_of(person) if person.record.recipient else []
        return Ways([Way(one.address, one.account, True, AT) for one in own], person.address)  # noqa: FBT003 - reachable

    def _anew(self, phone: Person) -> None:
        """Make a phone nobody's; who comes later on it is somebody else."""
        self.update += 1
        phone.record = Record(f"{phone.name} {self.update}")

    def _of_ways(self, person: Person, plan: AddressAction) -> Outcome:
        outcome: Outcome = self._ways(person)
        match plan:
            case WriteLetter():
                outcome = Lettered(None)
            case ShowWays() | AskToDrop() | TellThere() | Leave():
                # In messengers there is nothing to choose of what is told, and nobody leaves without a word.
                pass
            case AddWay():
                accounts = offered(LINKS.served, self._ways(person).all)
                secrets = {one: f"j-{uuid5(SPACE, f'{one}{self.update}').hex[:22]}" for one in accounts}
                self.invitations.update(dict.fromkeys(secrets.values(), person))
                outcome = Invitations(secrets)
            case PutFirst(address):
                if address in {one.address for one in self.phones_of(person)}:
                    self.order.remove(address)
                    self.order.insert(0, address)
                outcome = self._ways(person)
            case DropWay(address):
                outcome = self._drop(person, address)
            case AskToJoin(secret) | Join(secret):
                outcome = self._join(person, secret, confirmed=isinstance(plan, Join))
            case _ as never:
                assert_never(never)
        return outcome

    def _drop(self, person: Person, address: UUID) -> Outcome:
        before = self._ways(person)
        named = [one for one in self.phones_of(person) if one.address == address]
        if not named:
            return before
        if before.alone(address):
            return LastWay()
        left = next(one for one in self.phones_of(person) if one.address != address)
        self._anew(named[0])
        return Dropped(named[0].account, left.account, here=named[0] is person)

    def _join(self, person: Person, secret: str, *, confirmed: bool) -> Outcome:
        inviter = self.invitations.get(secret)
        if inviter is None or inviter.record.recipient is None:
            return Uninvited()
        if inviter.record is person.record:
            return OnePerson(already=True)
        person.ever |= {number for key, number in self.follows if key == inviter.record.key}
        if not confirmed:
            return Inviting(inviter.account, tuple(self.followed(inviter).values()))
        assert isinstance(person.last, Incoming)
        assert isinstance(person.last.body, Tapped), "nobody is joined without a tap"
        del self.invitations[secret]
        moved = {key: one for key, one in self.follows.items() if key[0] == person.record.key}
        for (key, number), subscription in moved.items():
            del self.follows[key, number]
            self.follows.setdefault((inviter.record.key, number), subscription)
        both = [*self.phones_of(inviter), *self.phones_of(person)]
        ever, words = (
            set[int]().union(*(one.ever for one in both)),
            set[str]().union(*(one.words for one in both)),
        )
        self._take(inviter.record, person.record)
        for one in both:
            one.record, one.ever, one.words = inviter.record, set(ever), set(words)
        return OnePerson(already=False)

    def _take(self, into: Record, other: Record) -> None:
        if other.stored is not None and into.stored is not None:
            theirs, own = PERSONAL.validate_json(other.stored), PERSONAL.validate_json(into.stored)
            into.stored = PERSONAL.dump_json(own.joined_with(theirs, {}))

    def _redeem(self, person: Person, kind: str, secret: str) -> Outcome:
        number = self.shares.get(secret)
        for one in self.applications:
            if secret == (one.token if kind == "token" else one.code):
                number = one.number
        if number is None:
            return Refused(reason="invalid")
        key, mine = (person.record.key, number), self.followed(person)
        created = key not in self.follows
        if created and len(mine) >= MOST_DOCUMENTS:
            return Refused(reason="too_many")
        self.follows.setdefault(key, SubscriptionId(uuid5(SPACE, f"{key}{self.update}")))
        person.ever.add(number)
        return Redeemed(created=created, followed=self.followed(person)[self.follows[key]])

    def _number_of(self, person: Person, subscription: UUID) -> int:
        return next(
            key[1] for key, one in self.follows.items() if key[0] == person.record.key and one == subscription
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
            if name == person.record.key
        }

    def _store(self, person: Person, done: Action, outcome: Outcome | None) -> None:
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
                self.follows = {key: one for key, one in self.follows.items() if key[0] != person.record.key}
                for phone in self.phones_of(person):
                    self._anew(phone)
                return
            case Follow() if isinstance(outcome, Refused) and not self.followed(person):
                person.record.recipient = person.record.stored = None
                return
            case (
                Follow()
                | Ask()
                | Tell()
                | Choose()
                | ShowHistory()
                | MakeShare()
                | Appoint()
                | ExportAll()
                | StopFollowing()
            ):
                pass
            case _ if isinstance(
                done, ReadPhoto | MarkUnreachable | Revive | Ignore | AddressAction | HandoverAction
            ):
                pass
            case _ as never:
                assert_never(never)
        person.record.recipient = replace(after, awaits=awaits)
        person.record.stored = PERSONAL.dump_json(after.personal)
