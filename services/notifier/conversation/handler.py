"""Carries turns of the conversation out: an update is planned, carried out and answered once.

An update is marked as dealt with in the transaction that stores its answers, so a replay does nothing; what
is asked of the tracker before that is idempotent.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from contracts.messages.rpc import Redeemed
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool
from runtime.logs import logger
from runtime.tracing import OFF, Tracing
from services.notifier.channels.base import Channel
from services.notifier.conversation import planner, replies
from services.notifier.conversation.addresses import mailing
from services.notifier.conversation.addresses.besides import Besides
from services.notifier.conversation.addresses.joining import Joining
from services.notifier.conversation.addresses.mailing import Mailing
from services.notifier.conversation.appointments import desk_client
from services.notifier.conversation.choices import Choices
from services.notifier.conversation.citizen import citizen_of, language_of
from services.notifier.conversation.inquiries import noting
from services.notifier.conversation.inquiries.answers import alternatives
from services.notifier.conversation.inquiries.handing import HandingOver
from services.notifier.conversation.intents import Intents
from services.notifier.conversation.outcomes import Outcomes, certain
from services.notifier.conversation.picture_queue import PictureQueue
from services.notifier.conversation.tracker_client import Tracker
from services.notifier.conversation.turns import Turn, keep
from services.notifier.delivery import delivery_receipts
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.actions import (
    Action,
    Follow,
    ForgetMe,
    Ignore,
    Known,
    MarkUnreachable,
    Note,
    Outbound,
    Outcome,
    ReadPhoto,
    Reply,
    Revive,
)
from services.notifier.domain.addresses.links import NO_LINKS, Links
from services.notifier.domain.addresses.ways import Changing, Lettered
from services.notifier.domain.handover import Handing, SendFile
from services.notifier.domain.incoming import DeliveryReceipt, Incoming
from services.notifier.domain.preferences import detail_of
from services.notifier.metrics import AccountMetrics
from services.notifier.recipients.addresses import Place, Recipient, Recipients
from services.notifier.recipients.conversations import Conversations
from services.notifier.wording.i18n import Voice

SQL = sql.load("services.notifier.conversation", "handler.sql")

LOG = logger(__name__)
Excuse = Callable[[Incoming, Known, Voice], tuple[Outbound, ...]]


@dataclass(frozen=True)
class Handler:
    """Carries the conversation of one channel out; `links` are those that lead to us.

    `talks` are those with people who answer; None: nobody does. The tracker is waited for until `until` by
    the loop's time, where that is set; `places` takes back what a chat holds, while it waits.
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
    talks: Conversations | None = None
    until: float | None = None
    places: asyncio.Semaphore | None = None
    tracing: Tracing = OFF
    desk: desk_client.Desk = desk_client.NO_DESK

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
        action, note = planner.decided(incoming, known, self.voice, self.intents)
        done, outcome = await self._carried(action, incoming, person, known)
        letters: Sequence[Outbound] = ()
        if isinstance(outcome, Lettered) and outcome.way is not None:
            asked = await self.mailing.asked(done, person, citizen_of(incoming, known, self.voice))
            what, came = await self._carried(asked, incoming, person, known)
            letters = mailing.letters(what, came, incoming, known, self.voice)
            # What cannot be written there is said here.
            done, outcome = (done, outcome) if letters else (what, came)
        certain(incoming, outcome)
        answers = replies.answer(done, outcome, incoming, known, self.voice)
        note = (done.note if isinstance(done, Reply) else None) or note
        answers = (*answers, *self._alternatives(note, incoming, known))
        await self._finish(Turn(incoming, person, done, outcome, answers, note, known.desk, letters))

    def _alternatives(self, note: Note | None, incoming: Incoming, known: Known) -> Sequence[Outbound]:
        citizen = citizen_of(incoming, known, self.voice)
        return [Outbound(one) for one in alternatives(note, citizen, self.intents.index)]

    async def _carried(
        self, action: Action, incoming: Incoming, person: Recipient | None, known: Known
    ) -> tuple[Action, Outcome | None]:
        """Learn what an action and those that follow need; return the last one and what came of it."""
        then: Action | None = action
        done, outcome = Ignore("unreadable"), None  # type: Action, Outcome | None
        while then is not None:
            self.metrics.updates.labels(plan=type(then).__name__.lower()).inc()
            done, outcome = then, await self.outcomes.of(then, incoming, person, known)
            then = planner.then(done, outcome, incoming, known, self.voice, intents=self.intents)
        return done, outcome

    async def note(self, incoming: Incoming, receipt: DeliveryReceipt) -> None:
        """Note what the messenger tells of a message that it took; nothing for whom we do not know."""
        person = await self._told_of(incoming, receipt)
        async with self.store.unit() as unit:
            name = self.channel.name
            first = await unit.connection.fetchval(SQL["mark_handled"], name, incoming.number) is not None
            if not first or person is None:
                return
            await delivery_receipts.keep(self.store, unit, person.id, receipt, account=name, at=incoming.at)
            if receipt.unreachable is not None:
                await self._shut_out(unit, person, incoming, receipt.unreachable)

    async def _shut_out(self, unit: Unit, person: Recipient, incoming: Incoming, reason: str) -> None:
        await self.recipients.mark_blocked(unit.connection, person.address_id, incoming.at, reason)
        await self.store.leave_unreachable(unit, [person.id])

    async def _told_of(self, incoming: Incoming, receipt: DeliveryReceipt) -> Recipient | None:
        """Return at whose address the message went that a receipt is about."""
        if receipt.delivery is None:
            return await self.recipients.find(self.pool, incoming.address)
        address = await self.pool.fetchval(SQL["went_to"], receipt.delivery, self.channel.name)
        return None if address is None else await self.recipients.who(self.pool, address)

    async def excuse(self, incoming: Incoming, worded: Excuse) -> None:
        """Answer an update with an excuse: that we met a fault of ours, or that it is one too many."""
        person, known = await self.meet(incoming)
        answers = worded(incoming, known, self.voice)
        reply = Reply(tuple(one.message for one in answers))
        await self._finish(Turn(incoming, person, reply if answers else Ignore("group"), None, answers))

    async def meet(self, incoming: Incoming) -> tuple[Recipient | None, Known]:
        """Return who did something, and what the conversation knows of them."""
        person = await self.recipients.find(self.pool, incoming.address)
        known = self._known(person, incoming)
        if self.talks is None or not self.channel.capabilities.converses:
            return person, known
        desk = await self.talks.desk_of(self.pool, None if person is None else person.id)
        return person, replace(known, desk=desk)

    def _known(self, person: Recipient | None, incoming: Incoming) -> Known:
        known, able = None if person is None else person.known, self.channel.capabilities
        if able.converses:
            return Known(known, self.voice.languages, self.links)
        chosen = incoming.confirms or (None if person is None else person.detail)
        detail = detail_of(chosen, exposed=able.exposed, converses=False)
        return Known(known, self.voice.languages, self.links, detail)

    async def _finish(self, turn: Turn) -> None:
        async with self.store.unit() as unit:
            name = self.channel.name
            if await unit.connection.fetchval(SQL["mark_handled"], name, turn.incoming.number) is not None:
                await self._settle(unit, await self._changed(unit, turn))
                self._count(unit, turn)
        if isinstance(turn.action, ReadPhoto | SendFile):
            self.pictures.came.set()

    def _count(self, unit: Unit, turn: Turn) -> None:
        """Tell the desk, and the metrics, what became of a question."""
        if turn.note is not None:
            language = language_of(turn.incoming, self._known(turn.person, turn.incoming))
            unit.outgoing.append(noting.row(turn.note, language, turn.incoming.at))
            noting.count(self.metrics, turn.note, language, self.intents.topics)

    @property
    def mailing(self) -> Mailing:
        """Return how answers are written to people's own mailboxes."""
        return Mailing(self.pool, self.store, self.recipients, self.intents)

    @property
    def outcomes(self) -> Outcomes:
        """Return how what an action needs is learned."""
        return Outcomes(
            self.pool, self.recipients, self.tracker, self.until, self.places, self.desk, self.talks
        )

    async def _changed(self, unit: Unit, turn: Turn) -> Turn:
        """Change what the action wants of somebody's addresses; the answer is to who they are after it."""
        action, incoming = turn.action, turn.incoming
        outcome: Outcome | None
        if self.talks is not None and isinstance(action, Handing):
            handing = HandingOver(self.talks, self.recipients)
            outcome = await handing.carry_out(unit, action, turn.outcome, incoming, turn.person)
        elif isinstance(action, Changing):
            joining = Joining(self.store, self.recipients, self.voice)
            outcome = await joining.carry_out(unit, action, turn.outcome, incoming, turn.person)
        else:
            return turn
        certain(incoming, outcome)
        person = await self.recipients.find(unit.connection, incoming.address)
        # Who is written to here no more is answered as they were.
        known = self._known(person or turn.person, incoming)
        answers = replies.answer(action, outcome, incoming, known, self.voice)
        return replace(turn, person=person, outcome=outcome, answers=answers)

    async def _settle(self, unit: Unit, turn: Turn) -> None:
        incoming, person = turn.incoming, turn.person
        match turn.action:
            case MarkUnreachable(reason):
                if person is not None:
                    await self._shut_out(unit, person, incoming, reason)
            case Revive():
                if person is not None:
                    await self.recipients.put(unit.connection, person, incoming.address, incoming.at)
            case ForgetMe():
                await self._forget(unit, turn)
            case Ignore():
                pass
            case _:
                await self._answer(unit, turn)

    async def _forget(self, unit: Unit, turn: Turn) -> None:
        """Erase somebody; the last answer goes to a guest, whose row goes with it."""
        if turn.person is None:
            return
        await self.store.forget(unit, turn.person.id, self.clock.now())
        await self._answer(unit, replace(turn, person=None))
        guest = await self.recipients.find(unit.connection, turn.incoming.address)
        if guest is not None:
            await self.store.erase(unit, turn.person.id, guest.id)

    async def _answer(self, unit: Unit, turn: Turn) -> None:
        incoming, connection = turn.incoming, unit.connection
        # Carrying out the action may just have made the row.
        person = turn.person or await self.recipients.find(connection, incoming.address)
        place = await self.recipients.put(connection, person, incoming.address, incoming.at)
        if incoming.confirms is not None:
            await self.recipients.tell_there(connection, place.address_id, incoming.confirms)
        await keep(unit, turn, place.recipient_id, self.store, self.recipients)
        unit.guests.add(place.recipient_id)
        answers: Sequence[Outbound] = (*turn.answers, *await self._second_way(unit, turn, place))
        instead = replies.apology(incoming, self._known(turn.person, incoming), self.voice)
        if isinstance(turn.action, ReadPhoto):
            if await self.pictures.keep(unit, place, incoming, turn.action.reference):
                return
            answers = instead
        elif (
            isinstance(turn.action, SendFile)
            and not answers
            and not await self.pictures.keep(
                unit, place, incoming, turn.action.reference, turn.action.conversation
            )
        ):
            answers = instead
        if isinstance(turn.outcome, Lettered):
            await self.mailing.write(unit, place, turn.outcome.way, incoming, turn.letters, instead=instead)
        await self.mailing.keep(unit, place.recipient_id, turn.action, turn.outcome)
        choices = self.choices.closed if isinstance(turn.action, ForgetMe) else self.choices
        await choices.keep(unit, place, incoming, answers, instead=instead)

    async def _second_way(self, unit: Unit, turn: Turn, place: Place) -> Sequence[Outbound]:
        followed = isinstance(turn.action, Follow) and isinstance(turn.outcome, Redeemed)
        if not followed or not self.channel.capabilities.converses:
            return ()
        person = await self.recipients.find(unit.connection, turn.incoming.address)
        besides = Besides(self.recipients, self.voice)
        return await besides.second_way(unit, turn.incoming, place, self._known(person, turn.incoming))
