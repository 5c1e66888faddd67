"""One turn of the conversation: an update is planned, carried out and answered once.

An update is marked as dealt with in the transaction that stores its answers, so a replay does nothing; what
is asked of the tracker before that is idempotent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar, assert_never
from uuid import uuid5

from contracts.messages.following import Exported
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Refused, StatusAnswer, Stopped
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from runtime.tracing import OFF, Tracing
from services.notifier.channels.base import Channel
from services.notifier.conversation import planner, replies
from services.notifier.conversation.choices import Choices
from services.notifier.conversation.intents import Intents
from services.notifier.conversation.picture_queue import PictureQueue
from services.notifier.conversation.tracker_client import Claim, Tracker
from services.notifier.delivery import delivery_receipts
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain import deliveries
from services.notifier.domain.actions import (
    Ask,
    Choose,
    ExportAll,
    Follow,
    ForgetMe,
    Holdings,
    Ignore,
    Known,
    MakeShare,
    MarkUnreachable,
    Outbound,
    Outcome,
    Plan,
    Question,
    ReadPhoto,
    Reply,
    Revive,
    SetLanguage,
    SetName,
    SetPhrase,
    SetQuiet,
    SetZone,
    ShowHistory,
    StopFollowing,
    Unavailable,
)
from services.notifier.domain.incoming import DeliveryReceipt, Incoming
from services.notifier.domain.links import NO_LINKS, Links
from services.notifier.metrics import AccountMetrics
from services.notifier.recipients.addresses import Recipient, Recipients
from services.notifier.wording.i18n import Voice

SQL = sql.load("services.notifier.conversation", "handler.sql")

LOG = logger(__name__)
T = TypeVar("T")
Excuse = Callable[[Incoming, Known, Voice], tuple[Outbound, ...]]


@dataclass(frozen=True)
class _Turn:
    incoming: Incoming
    person: Recipient | None
    plan: Plan
    outcome: Outcome | None
    answers: Sequence[Outbound]


@dataclass(frozen=True)
class Handler:
    """Carries the conversation of one channel out; `links` are those that lead to us.

    The tracker is waited for until `until` by the loop's time, where that is set; `places` takes back what a
    chat holds, while it waits.
    """

    pool: Pool
    store: Store
    recipients: Recipients
    channel: Channel
    tracker: Tracker
    voice: Voice
    intents: Intents
    clock: Clock
    metrics: AccountMetrics
    pictures: PictureQueue
    links: Links = NO_LINKS
    until: float | None = None
    places: asyncio.Semaphore | None = None
    tracing: Tracing = OFF

    @property
    def choices(self) -> Choices:
        """Return how answers are kept and numbers read on this channel."""
        return Choices(self.pool, self.store, self.recipients, self.channel.capabilities, self.voice)

    async def handle(self, incoming: Incoming) -> None:
        """Plan, carry out and answer one update."""
        with self.tracing.start("answer a citizen", "server", None, update=incoming.update).lasting():
            await self._handle(incoming)

    async def _handle(self, incoming: Incoming) -> None:
        person, known = await self.meet(incoming)
        incoming = await self.choices.meant(incoming, person)
        plan: Plan | None = planner.plan(incoming, known, self.voice, self.intents)
        done, outcome = Ignore("unreadable"), None  # type: Plan, Outcome | None
        while plan is not None:
            self.metrics.updates.labels(plan=type(plan).__name__.lower()).inc()
            done, outcome = plan, await self._outcome(plan, incoming, person)
            plan = planner.then(done, outcome, incoming, known, self.voice)
        answers = replies.answer(done, outcome, incoming, known, self.voice)
        await self._finish(_Turn(incoming, person, done, outcome, answers))

    async def note(self, incoming: Incoming, receipt: DeliveryReceipt) -> None:
        """Note what the messenger tells of a message that it took; nothing for whom we do not know."""
        person = await self.recipients.find(self.pool, incoming.address)
        async with self.store.unit() as unit:
            name = self.channel.name
            first = await unit.connection.fetchval(SQL["mark_handled"], name, incoming.number) is not None
            if first and person is not None:
                await delivery_receipts.keep(self.store, unit, person.id, receipt, incoming.at)

    async def excuse(self, incoming: Incoming, worded: Excuse) -> None:
        """Answer an update with an excuse: that we met a fault of ours, or that it is one too many."""
        person, known = await self.meet(incoming)
        answers = worded(incoming, known, self.voice)
        reply = Reply(tuple(one.message for one in answers))
        await self._finish(_Turn(incoming, person, reply if answers else Ignore("group"), None, answers))

    async def meet(self, incoming: Incoming) -> tuple[Recipient | None, Known]:
        """Return who did something, and what the conversation knows of them."""
        person = await self.recipients.find(self.pool, incoming.address)
        return person, self._known(person)

    def _known(self, person: Recipient | None) -> Known:
        known = None if person is None else person.known
        return Known(known, self.voice.languages, self.links)

    async def _finish(self, turn: _Turn) -> None:
        async with self.store.unit() as unit:
            name = self.channel.name
            if await unit.connection.fetchval(SQL["mark_handled"], name, turn.incoming.number) is not None:
                await self._settle(unit, turn)
        if isinstance(turn.plan, ReadPhoto):
            self.pictures.came.set()

    async def _outcome(self, plan: Plan, incoming: Incoming, person: Recipient | None) -> Outcome | None:
        """Learn what the plan needs to know, or have done what it wants; None where it needs nobody."""
        outcome: Outcome | None
        try:
            match plan:
                case Follow():
                    outcome = await self._redeem(plan, incoming, person)
                case Ask() | Choose() | ShowHistory() | MakeShare() | ExportAll() | StopFollowing():
                    outcome = await self._asked(plan, incoming, person)
                case _:
                    outcome = None
        except RpcUnavailableError as error:
            LOG.warning("the tracker does not answer", update=incoming.update, reason=str(error))
            outcome = Unavailable()
        return outcome

    async def _asked(self, plan: Question, incoming: Incoming, person: Recipient | None) -> Outcome:
        outcome: Outcome
        if person is None:
            return Stopped(ended=0) if isinstance(plan, StopFollowing) else StatusAnswer(followed=())
        match plan:
            case Ask() | Choose():
                outcome = await self._within(self.tracker.status(person.id))
            case ShowHistory(subscription):
                outcome = await self._within(self.tracker.history(person.id, subscription))
            case MakeShare(subscription, cause):
                share = uuid5(person.id, f"share\x1f{subscription}\x1f{cause}")
                outcome = await self._within(self.tracker.share(person.id, subscription, share))
            case ExportAll():
                outcome = await self._collect(incoming, person)
            case StopFollowing(named):
                outcome = await self._within(self.tracker.stop(person.id, named))
            case _ as never:
                assert_never(never)
        return outcome

    async def _within(self, asked: Awaitable[T]) -> T:
        """Wait for the tracker as long as others may be kept waiting, else raise RpcUnavailableError."""
        if self.places is not None:
            self.places.release()
        try:
            async with asyncio.timeout_at(self.until):
                return await asked
        except TimeoutError:
            raise RpcUnavailableError("no answer in the time that is left") from None
        finally:
            if self.places is not None:
                await self.places.acquire()

    async def _collect(self, incoming: Incoming, person: Recipient) -> Outcome:
        answer = await self._within(self.tracker.export(person.id))
        row = await self.pool.fetchrow(SQL["record_of"], person.id)
        if not isinstance(answer, Exported) or row is None or row["consented_at"] is None:
            return answer if isinstance(answer, Refused) else Unavailable()
        return Holdings(
            answer,
            incoming.address,
            self.channel.name,
            since=row["created_at"],
            consented_at=row["consented_at"],
            heard_at=row["heard_at"],
            messages=row["messages"],
        )

    async def _redeem(self, plan: Follow, incoming: Incoming, person: Recipient | None) -> Outcome:
        """Store the consent first: as soon as the tracker knows a subscription, notices may come."""
        async with transaction(self.pool) as connection:
            place = await self.recipients.put(connection, person, incoming.address, incoming.at)
            consented_at: datetime = await self.recipients.consent(
                connection, place.recipient_id, incoming.at, incoming.number, plan.language
            )
        claim = Claim(
            plan.kind,
            plan.secret,
            place.recipient_id,
            consented_at,
            deliveries.redeem_id(self.channel.name, incoming.update),
            self.recipients.typist(incoming.address),
        )
        return await self._within(self.tracker.redeem(claim))

    async def _settle(self, unit: Unit, turn: _Turn) -> None:
        incoming, person = turn.incoming, turn.person
        match turn.plan:
            case MarkUnreachable(reason):
                if person is not None:
                    await self.recipients.mark_blocked(
                        unit.connection, person.address_id, incoming.at, reason
                    )
                    await self.store.leave_unreachable(unit, [person.id])
            case Revive():
                if person is not None:
                    await self.recipients.put(unit.connection, person, incoming.address, incoming.at)
            case ForgetMe():
                await self._forget(unit, turn)
            case Ignore():
                pass
            case _:
                await self._answer(unit, turn)

    async def _forget(self, unit: Unit, turn: _Turn) -> None:
        """Erase somebody; the last answer goes to a guest, whose row goes with it."""
        if turn.person is None:
            return
        await self.store.forget(unit, turn.person.id, self.clock.now())
        await self._answer(unit, replace(turn, person=None))
        guest = await self.recipients.find(unit.connection, turn.incoming.address)
        if guest is not None:
            await self.store.erase(unit, turn.person.id, guest.id)

    async def _answer(self, unit: Unit, turn: _Turn) -> None:
        incoming, connection = turn.incoming, unit.connection
        # Carrying out the plan may just have made the row.
        known = turn.person or await self.recipients.find(connection, incoming.address)
        place = await self.recipients.put(connection, known, incoming.address, incoming.at)
        await self._keep(unit, turn, place.recipient_id)
        unit.guests.add(place.recipient_id)
        answers = turn.answers
        instead = replies.apology(incoming, self._known(turn.person), self.voice)
        if isinstance(turn.plan, ReadPhoto):
            if await self.pictures.keep(unit, place, incoming, turn.plan.reference):
                return
            answers = instead
        choices = self.choices.closed if isinstance(turn.plan, ForgetMe) else self.choices
        await choices.keep(unit, place, incoming, answers, instead=instead)

    async def _keep(self, unit: Unit, turn: _Turn, recipient: RecipientId) -> None:
        """Store what the turn changed about a recipient, and what they are asked to type next."""
        connection, preferences = unit.connection, self.recipients.preferences
        match turn.plan:
            case SetLanguage() | SetQuiet() | SetZone() | SetPhrase() | SetName():
                await preferences.store(connection, recipient, turn.plan)
            case StopFollowing(subscription) if isinstance(turn.outcome, Stopped):
                await preferences.forget_names(connection, recipient, subscription)
                await self.store.let_rest(unit, recipient, subscription)
            case Follow() if isinstance(turn.outcome, Refused):
                # An unanswered redeem may have worked, so only a refusal takes the consent back.
                await self.recipients.take_consent_back(connection, recipient, turn.incoming.number)
            case _:
                pass
        awaits = turn.plan.awaits if isinstance(turn.plan, Reply) else None
        if awaits is not None or (turn.person is not None and turn.person.awaits is not None):
            await preferences.expect(connection, recipient, awaits)
