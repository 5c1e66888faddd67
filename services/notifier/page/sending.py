"""The link that opens one's page in another browser, sent by another way of one's own, such as e-mail."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from runtime.clock import Clock
from services.notifier.channels.web.sessions import Session, Sessions
from services.notifier.delivery.store import Store
from services.notifier.domain.actions import Outbound
from services.notifier.domain.addresses.ways import Way
from services.notifier.domain.messages import Button, Message, shown
from services.notifier.recipients import routes
from services.notifier.recipients.addresses import Place, Recipient, Recipients
from services.notifier.recipients.confirmations import Confirmations
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import lines
from services.notifier.wording.notices import signed

OPEN_PATH = "/p/open/"
LINKS_A_DAY = 5
"""Links that one person has sent to themselves in a day: by some ways each costs the agency money."""
Sent = Literal["sent", "nowhere", "limited", "slower"]
"""What came of the wish for a link.

`nowhere`: it cannot go there now; `limited`: that was one too many today; `slower`: too much at once.
"""


@dataclass(frozen=True)
class Sending:
    """Sends links to people's own addresses; only those that we can write to now are taken."""

    store: Store
    sessions: Sessions
    recipients: Recipients
    confirmations: Confirmations
    clock: Clock
    public_url: str

    async def send(self, session: Session, person: Recipient, address: UUID, speech: Speech) -> Sent:
        """Send a link to one of somebody's other addresses; return what came of it."""
        chosen = await self._chosen(person, address)
        if not isinstance(chosen, Way):
            return chosen
        # By a connection of its own: none is waited for while another is held.
        code = await self.sessions.give_pass(session)
        if code is None:
            return "nowhere"
        link = f"{self.public_url}{OPEN_PATH}{code}"
        text = lines(
            speech.say("With this link your page opens in another browser, once and within ten minutes."),
            speech.say("If you did not ask for it, do not open it and give it to nobody."),
        )
        opening = Button(shown(speech.say("Open your page")), url=link)
        message = signed(Message(text, ((opening,),), private=True), speech)
        there, place = self.recipients.of_account(chosen.account), Place(person.id, chosen.address_id)
        async with self.store.unit() as unit:
            await self.store.store_answers(unit, there, place, f"page/{uuid4()}", [Outbound(message)])
        return "sent"

    async def _chosen(self, person: Recipient, address: UUID) -> Way | Sent:
        """Return the way to send a link by, which counts from now on; else why there is none."""
        async with self.store.unit() as unit:
            ways = await routes.ways_of(unit.connection, person.id)
            chosen = next((way for way in ways if way.address_id == address and way.reachable), None)
            if chosen is None or chosen.address_id == person.address_id:
                return "nowhere"
            counted, now = f"links of {person.id}", self.clock.now()
            may = await self.confirmations.count(unit.connection, counted, "day", now, LINKS_A_DAY)
        return chosen if may else "limited"
