"""Wishes about people who answer, carried out in the transaction that answers them: the answer is true."""

from dataclasses import dataclass

from services.notifier.conversation.citizen import language_of
from services.notifier.delivery.store import Unit
from services.notifier.domain.actions import Known, Outcome
from services.notifier.domain.handover import Handed, Handing
from services.notifier.domain.incoming import Incoming
from services.notifier.recipients.addresses import Recipient, Recipients
from services.notifier.recipients.conversations import Conversations, Speaker


@dataclass(frozen=True)
class HandingOver:
    """Hands over people who write to one account."""

    talks: Conversations
    recipients: Recipients

    async def carry_out(
        self,
        unit: Unit,
        plan: Handing,
        outcome: Outcome | None,
        incoming: Incoming,
        person: Recipient | None,
    ) -> Handed:
        """Do what somebody wants of people who answer; `outcome` is what was learned before."""
        place = await self.recipients.put(unit.connection, person, incoming.address, incoming.at)
        known = Known(None if person is None else person.known, self.talks.languages)
        language = language_of(incoming, known)
        speaker = Speaker(place, self.recipients.channel, incoming.update, language, incoming.at)
        told = await self.talks.carry_out(unit.connection, plan, outcome, speaker)
        unit.outgoing.extend(told.rows)
        return told.handed
