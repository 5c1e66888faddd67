"""What is said besides an answer: about a second address."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier.conversation.addresses import ways
from services.notifier.delivery.store import Unit
from services.notifier.domain.actions import Known, Outbound
from services.notifier.domain.addresses.ways import Way, offered
from services.notifier.domain.incoming import Incoming
from services.notifier.recipients import routes
from services.notifier.recipients.addresses import Place, Recipients
from services.notifier.wording.i18n import Voice


@dataclass(frozen=True)
class Besides:
    """Says what goes along with answers of one account."""

    recipients: Recipients
    voice: Voice

    async def second_way(
        self, unit: Unit, incoming: Incoming, place: Place, known: Known
    ) -> Sequence[Outbound]:
        """Return the question for a second address: once, to who has begun to follow by their only one."""
        own = Way(place.address_id, self.recipients.channel, reachable=True, heard_at=incoming.at)
        if not offered(known.links.served, [own]):
            return ()
        if not await routes.ask_once(unit.connection, place.recipient_id):
            return ()
        return ways.second_way(incoming, known, self.voice)
