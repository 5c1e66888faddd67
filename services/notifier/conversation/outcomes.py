"""What an action needs to know, or has done by the tracker, before it is answered; it may be asked again."""

import asyncio
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, assert_never
from uuid import UUID, uuid5

from contracts.messages.desk.appointments import OwnAnswer
from contracts.messages.following import Exported, Joined
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Refused, StatusAnswer, Stopped
from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from runtime.keyring import DecryptionError, Sealed
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from services.notifier.conversation.appointments import dialogue
from services.notifier.conversation.appointments.desk_client import NO_DESK, Desk
from services.notifier.conversation.tracker_client import Claim, Tracker
from services.notifier.domain import deliveries
from services.notifier.domain.actions import (
    Action,
    Ask,
    Choose,
    ExportAll,
    Follow,
    Holdings,
    Known,
    MakeShare,
    Outcome,
    Question,
    ShowHistory,
    StopFollowing,
    Tell,
    Unavailable,
)
from services.notifier.domain.addresses import ways
from services.notifier.domain.addresses.ways import (
    AddWay,
    AskToDrop,
    AskToJoin,
    Invitations,
    Inviting,
    Join,
    Lettered,
    Looking,
    Reached,
    ShowWays,
    Uninvited,
    Ways,
    WriteLetter,
)
from services.notifier.domain.appointments import Appoint, Held
from services.notifier.domain.handover import AskSubject, OpenTalk
from services.notifier.domain.incoming import Incoming
from services.notifier.recipients import routes
from services.notifier.recipients.addresses import Recipient, Recipients
from services.notifier.recipients.conversations import Conversations

SQL = sql.load("services.notifier.conversation", "outcomes.sql")
LOG = logger(__name__)
T = TypeVar("T")
_SECRET_BYTES = 16


@dataclass(frozen=True)
class Outcomes:
    """Asks for one account.

    The tracker is waited for until `until` by the loop's time, where that is set; `places` takes back what a
    chat holds, while it waits.
    """

    pool: Pool
    recipients: Recipients
    tracker: Tracker
    until: float | None = None
    places: asyncio.Semaphore | None = None
    desk: Desk = NO_DESK
    talks: Conversations | None = None

    async def of(
        self, action: Action, incoming: Incoming, person: Recipient | None, known: Known
    ) -> Outcome | None:
        """Learn what the action needs to know, or have done what it wants; None where it needs nobody."""
        outcome: Outcome | None
        try:
            match action:
                case Follow():
                    outcome = await self._redeem(action, incoming, person)
                case (
                    Ask()
                    | Tell()
                    | Choose()
                    | ShowHistory()
                    | MakeShare()
                    | Appoint()
                    | ExportAll()
                    | StopFollowing()
                ):
                    outcome = await self._asked(action, person)
                case ShowWays() | AskToDrop() | AddWay() | AskToJoin() | WriteLetter():
                    outcome = await self._looked(action, person, known)
                case AskSubject() | OpenTalk():
                    outcome = await self._subjects(action, person)
                case Join(secret):
                    outcome = await self._joined(secret, person)
                case _:
                    outcome = None
        except RpcUnavailableError as error:
            LOG.warning("nobody answers", update=incoming.update, reason=str(error))
            outcome = Unavailable()
        return outcome

    async def _asked(self, action: Question, person: Recipient | None) -> Outcome:
        outcome: Outcome
        if person is None:
            return Stopped(ended=0) if isinstance(action, StopFollowing) else StatusAnswer(followed=())
        match action:
            case Ask() | Tell() | Choose():
                outcome = await self._within(self.tracker.status(person.id))
            case ShowHistory(subscription):
                outcome = await self._within(self.tracker.history(person.id, subscription))
            case MakeShare(subscription, cause):
                share = uuid5(person.id, f"share\x1f{subscription}\x1f{cause}")
                outcome = await self._within(self.tracker.share(person.id, subscription, share))
            case Appoint():
                outcome = await self._within(dialogue.arranged(action, person.id, self.desk))
            case ExportAll():
                outcome = await self._collect(person)
            case StopFollowing(named):
                outcome = await self._within(self.tracker.stop(person.id, named))
            case _ as never:
                assert_never(never)
        return outcome

    async def _subjects(self, action: AskSubject | OpenTalk, person: Recipient | None) -> Outcome:
        """Return what somebody follows, where a question may be about it."""
        wanted = isinstance(action, AskSubject) or action.typing.subscription is not None
        if person is None or person.consented_at is None or not wanted:
            return StatusAnswer(followed=())
        return await self._within(self.tracker.status(person.id))

    async def _looked(self, action: Looking, person: Recipient | None, known: Known) -> Outcome:
        if isinstance(action, AskToJoin):
            return await self._inviting(action.secret, person)
        if person is None:
            return Ways((), None)
        found = await routes.ways_of(self.pool, person.id)
        if isinstance(action, AddWay):
            accounts = ways.offered(known.links.served, found)
            return Invitations({account: _secret() for account in accounts})
        if isinstance(action, WriteLetter):
            shut = any(ways.takes_letters(way.account) for way in found)
            return Lettered(ways.letterbox_of(found), shut)
        own = await routes.own_order(self.pool, person.id)
        return Ways(found, person.address_id, own)

    async def _inviting(self, secret: str, person: Recipient | None) -> Outcome:
        """Return who gave a secret; nothing is stored and nothing used up."""
        address = None if person is None else person.address_id
        inviter = await routes.invited_by(self.pool, secret, address)
        if inviter is None:
            return Uninvited()
        if person is not None and person.id == inviter.recipient_id:
            return ways.OnePerson(already=True)
        answer = await self._within(self.tracker.status(inviter.recipient_id))
        return Uninvited() if isinstance(answer, Refused) else Inviting(inviter.account, answer.followed)

    async def _joined(self, secret: str, person: Recipient | None) -> Outcome:
        """Have the tracker make two people one, where both are on record; it is done here afterwards.

        The secret is used up first, or two who bring it at once would both be joined by the tracker.
        """
        if person is None or person.consented_at is None:
            return ways.Unasked()
        inviter = await routes.invited_by(self.pool, secret, person.address_id)
        if inviter is not None and inviter.recipient_id == person.id:
            return ways.OnePerson(already=True)
        if inviter is None or not await routes.use_invitation(self.pool, secret, person.address_id):
            return await self._stray(person)
        answer = await self._within(self.tracker.join(person.id, inviter.recipient_id))
        if isinstance(answer, Refused):
            return await self._stray(person)
        return _agreed(answer, person.id, inviter.recipient_id)

    async def _stray(self, person: Recipient) -> Outcome:
        """Return what the tracker knows of somebody whose secret does not work here.

        It may have made them one with somebody before a process died that was to store it; since then that
        one may have been forgotten, and they with them.
        """
        answer = await self._within(self.tracker.join(person.id, person.id))
        if isinstance(answer, Refused):
            return Uninvited(forgotten=True)
        return Uninvited() if answer.into == person.id else _agreed(answer, person.id)

    async def _collect(self, person: Recipient) -> Outcome:
        answer = await self._within(self.tracker.export(person.id))
        row = await self.pool.fetchrow(SQL["record_of"], person.id)
        if not isinstance(answer, Exported) or row is None or row["consented_at"] is None:
            return answer if isinstance(answer, Refused) else Unavailable()
        try:
            reached = await self._reached(person)
        except DecryptionError as error:
            LOG.error("an address does not open", recipient=str(person.id), reason=str(error))  # noqa: TRY400 - the trace says no more
            return Unavailable()
        return Holdings(
            answer,
            reached,
            since=row["created_at"],
            consented_at=row["consented_at"],
            messages=row["messages"],
            spoken=() if self.talks is None else await self.talks.spoken(self.pool, person.id),
            appointments=await self._appointments(person),
            lines=row["lines"],
            browsers=row["browsers"],
            pushes=row["pushes"],
            asked=row["asked"],
        )

    async def _appointments(self, person: Recipient) -> Held | None:
        """Return what the desk holds; None where it does not answer, which holds nothing else back."""
        try:
            answer = await self._within(self.desk.own(person.id))
        except RpcUnavailableError as error:
            LOG.warning("the desk does not answer", reason=str(error))
            return None
        return answer.appointments if isinstance(answer, OwnAnswer) else None

    async def _reached(self, person: Recipient) -> list[Reached]:
        rows = await self.pool.fetch(routes.SQL["addresses_of"], person.id)
        return [
            Reached(
                row["channel"],
                self.recipients.address(row["id"], Sealed(row["key_id"], row["address"])),
                row["heard_at"],
                reachable=row["unreachable_since"] is None,
                detail=row["detail"],
            )
            for row in rows
        ]

    async def _redeem(self, action: Follow, incoming: Incoming, person: Recipient | None) -> Outcome:
        """Store the consent first: as soon as the tracker knows a subscription, notices may come."""
        async with transaction(self.pool) as connection:
            place = await self.recipients.put(connection, person, incoming.address, incoming.at)
            consented_at: datetime = await self.recipients.consent(
                connection, place.recipient_id, incoming.at, incoming.number, action.language
            )
        claim = Claim(
            action.kind,
            action.secret,
            place.recipient_id,
            consented_at,
            deliveries.redeem_id(self.recipients.channel, incoming.update),
            self.recipients.typist(incoming.address),
        )
        return await self._within(self.tracker.redeem(claim))

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


def certain(incoming: Incoming, outcome: Outcome | None) -> None:
    """Raise a passing error where nobody answered what a confirmation asked: it is to come again."""
    if incoming.confirms is not None and isinstance(outcome, Unavailable):
        raise TimeoutError("a confirmation could not be dealt with")


def _agreed(answer: Joined, *people: RecipientId) -> ways.Agreed:
    twice: dict[UUID, UUID] = {one.ended: one.stays for one in answer.already_followed}
    return ways.Agreed(frozenset(people), answer.into, twice)


def _secret() -> str:
    """Return what a link for one more address carries: see `contracts.links.JOINING`."""
    return f"j-{secrets.token_urlsafe(_SECRET_BYTES)}"
