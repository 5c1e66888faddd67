"""Changes of a person's addresses, each in the transaction that answers it, so that the answer is true."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from runtime.database import sql
from services.notifier.conversation.addresses import ways as worded
from services.notifier.delivery.joining import become
from services.notifier.delivery.leaving import leave
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.actions import Known, Outcome, Unavailable
from services.notifier.domain.addresses.ways import (
    Agreed,
    Changing,
    Dropped,
    DropWay,
    Join,
    LastWay,
    Leave,
    OnePerson,
    PutFirst,
    TellThere,
    Unasked,
    Uninvited,
    Ways,
)
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.preferences import Detail
from services.notifier.recipients import routes
from services.notifier.recipients.addresses import Place, Recipient, Recipients
from services.notifier.recipients.routes import Inviter
from services.notifier.wording.i18n import Voice

SQL = sql.load("services.notifier.conversation.addresses", "joining.sql")


@dataclass(frozen=True)
class Joining:
    """Changes the addresses of people who write to one account."""

    store: Store
    recipients: Recipients
    voice: Voice

    async def carry_out(
        self,
        unit: Unit,
        plan: Changing,
        outcome: Outcome | None,
        incoming: Incoming,
        person: Recipient | None,
    ) -> Outcome | None:
        """Change what the plan wants; return what came of it. `outcome` is what was learned before."""
        match plan:
            case PutFirst(address):
                return await self._put_first(unit, address, person)
            case TellThere(address, detail):
                return await self._tell_there(unit, address, detail, person)
            case Leave():
                return await self._leave(unit, incoming, person)
            case DropWay(address):
                return await self._drop(unit, address, person)
            case Join(secret):
                return await self._join(unit, secret, outcome, incoming, person)
            case _ as never:
                assert_never(never)

    async def _put_first(self, unit: Unit, address: UUID, person: Recipient | None) -> Outcome:
        if person is None:
            return Ways((), None)
        await routes.put_first(unit.connection, person.id, address)
        return await self._ways(unit, person)

    async def _tell_there(
        self, unit: Unit, address: UUID, detail: Detail, person: Recipient | None
    ) -> Outcome:
        if person is None:
            return Ways((), None)
        await routes.tell_at(unit.connection, person.id, address, detail)
        return await self._ways(unit, person)

    async def _leave(self, unit: Unit, incoming: Incoming, person: Recipient | None) -> Outcome | None:
        if person is None:
            return None
        return await leave(self.store, unit, person.id, person.address_id, incoming.at)

    async def _ways(self, unit: Unit, person: Recipient) -> Ways:
        found = await routes.ways_of(unit.connection, person.id)
        return Ways(found, person.address_id, await routes.own_order(unit.connection, person.id))

    async def _drop(self, unit: Unit, address: UUID, person: Recipient | None) -> Outcome:
        if person is None:
            return Ways((), None)
        before = await self._ways(unit, person)
        named = before.named(address)
        done = await routes.drop(unit.connection, person.id, address)
        if done == "last":
            return LastWay()
        if done == "gone" or named is None:
            return before
        # What waits there goes on to the next address.
        await self.store.leave_unreachable(unit, [person.id])
        left = await routes.ways_of(unit.connection, person.id)
        first = next((way for way in left if way.reachable), left[0])
        return Dropped(named[1].account, first.account, here=address == person.address_id)

    async def _join(
        self,
        unit: Unit,
        secret: str,
        outcome: Outcome | None,
        incoming: Incoming,
        person: Recipient | None,
    ) -> Outcome | None:
        if isinstance(outcome, Uninvited) and outcome.forgotten and person is not None:
            await self.store.forget(unit, person.id, incoming.at)
            await unit.connection.execute(SQL["take_consent"], person.id)
            unit.guests.add(person.id)
        if not isinstance(outcome, Agreed | Unasked):
            return outcome
        connection, was_known = unit.connection, isinstance(outcome, Agreed)
        # Before any row is held, as everybody does who makes people one or forgets them.
        await self.store.hold_intake(unit)
        place = await self.recipients.put(connection, person, incoming.address, incoming.at)
        guest = await connection.fetchval(SQL["hold_guest"], place.recipient_id) is not None
        inviter = await routes.invited_by(connection, secret, place.address_id)
        if isinstance(outcome, Unasked):
            if not guest:
                # They came on record meanwhile: the tracker must be asked, when they tap again.
                return Unavailable()
            if inviter is None or not await routes.use_invitation(connection, secret, place.address_id):
                return Uninvited()
            outcome = Agreed(frozenset({place.recipient_id}), inviter.recipient_id, {})
        people = {*outcome.people, *({place.recipient_id} if guest else ())}
        at, preferences = incoming.at, self.recipients.preferences
        stays = await become(self.store, preferences, unit, people, outcome.into, twice=outcome.twice, at=at)
        if stays is None:
            return Uninvited(forgotten=was_known)
        if inviter is not None and inviter.address_id != place.address_id:
            await self._tell(unit, inviter, incoming)
        return OnePerson(already=False)

    async def _tell(self, unit: Unit, inviter: Inviter, incoming: Incoming) -> None:
        """Tell whoever gave the link, where they did, that they are written to here as well."""
        there = self.recipients.of_account(inviter.account)
        who = await there.who(unit.connection, inviter.address_id)
        if who is None:
            return
        known = Known(who.known, self.voice.languages)
        told = worded.told_elsewhere(self.recipients.channel, known, self.voice)
        cause = f"{self.recipients.channel}/{incoming.update}"
        place = Place(who.id, who.address_id)
        await self.store.store_answers(unit, there, place, cause, told)
