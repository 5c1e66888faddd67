"""An agency that people also reach by e-mail and SMS: given on our page, confirmed, told and ended there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from contracts.links import page_link
from contracts.messages.ids import RecipientId
from services.notifier.channels.base import Capabilities
from services.notifier.confirmation.asking import Asked, Asking
from services.notifier.confirmation.confirming import Confirming
from services.notifier.conversation.tracker_client import Tracker
from services.notifier.delivery.leaving import Leaving
from services.notifier.delivery.store import ANY_CARRIER
from services.notifier.domain.addresses.confirmations import Wish
from services.notifier.domain.addresses.links import Invitation, Links
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.incoming import Body
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Detail
from services.notifier.inbound.updates import Updates
from services.notifier.recipients import routes
from services.notifier.recipients.confirmations import Confirmations
from services.notifier.recipients.unsubscribing import UnsubscribeLinks
from tests.integration.notifier.fake_bench import PROFILES
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.two_apps import SERVED
from tests.integration.notifier.world import CLOCK, SECRET, World, make_world

URL = "https://docs.agency.example"
HOME = f"{URL}/"
HERS, HER_PHONE = "olena@post.example", "+380501112233"
ABLE: Mapping[str, Capabilities] = {
    "email": replace(PROFILES["only tells"], exposed=True),
    "sms": replace(PROFILES["only tells"], exposed=True, longest=1000),
}
LINK = re.compile(rf"{re.escape(URL)}/c/([A-Za-z0-9_-]{{22}})")
CODE = re.compile(r"\b[0-9]{6}\b")


@dataclass(frozen=True)
class PageLinks:
    """Links to our page for one channel, as its channel makes them."""

    channel: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along."""
        return page_link(URL, self.channel, payload)


ALL: Mapping[str, Invitation] = {**SERVED, "email": PageLinks("email"), "sms": PageLinks("sms")}


@dataclass
class Letterboxes:
    """The parts, and what people do; `worlds` by account, the messenger's among them."""

    worlds: Mapping[str, World]
    asking: Asking
    confirming: Confirming
    leaving: Leaving
    links: UnsubscribeLinks
    number: int = field(default=5000)

    @property
    def world(self) -> World:
        """Return the messenger's."""
        return self.worlds["telegram"]

    async def ask(
        self,
        address: str = HERS,
        account: str = "email",
        secret: str = SECRET,
        detail: Detail = "news",
        language: str = "en",
    ) -> Asked:
        """Have somebody fill in the form."""
        return await self.asking.ask(Wish(account, address, secret, language, detail))

    async def waiting(self, account: str = "email") -> Sequence[Message]:
        """Return what waits to be sent by an account, in order."""
        rows = await self.world.pool.fetch(
            "SELECT id, payload FROM delivery WHERE kind = 'answer' AND ended_at IS NULL AND channel = $1 "
            "ORDER BY seq",
            account,
        )
        return [self.world.recipients.answers.open(row["id"], row["payload"]) for row in rows]

    async def link(self, account: str = "email") -> str:
        """Return the secret of the newest link that was sent."""
        (*_, message) = [one for one in await self.waiting(account) if one.buttons and _link(one)]
        return _link(message)

    async def code(self) -> str:
        """Return the newest code that was sent."""
        (*_, code) = [found[0] for one in await self.waiting("sms") if (found := CODE.search(one.shown))]
        return code

    async def confirmed(self, address: str = HERS, detail: Detail = "news", secret: str = SECRET) -> None:
        """Have somebody give an e-mail address and confirm it."""
        await self.ask(address, detail=detail, secret=secret)
        assert await self.confirming.by_link(await self.link())

    async def does(self, account: str, address: str, body: Body) -> None:
        """Have something come from an address."""
        self.number += 1
        await self.updates(account).take_one(did(self.number, body, address))

    def updates(self, account: str) -> Updates:
        """Return the conversation of an account."""
        return conversation(self.worlds[account], self.asking.tracker)

    async def who(self, address: str = HERS, account: str = "email") -> RecipientId | None:
        """Return who has consented and is reached at an address."""
        found = await self.worlds[account].recipients.find(self.world.pool, address)
        return None if found is None or found.consented_at is None else found.id

    async def ways(self, person: RecipientId) -> list[str]:
        """Return by which accounts somebody is reached, in their order."""
        return [way.account for way in await routes.ways_of(self.world.pool, person)]


def conversation(world: World, tracker: Tracker) -> Updates:
    """Return the conversation of one account, whose links lead to all."""
    return world.updates(tracker, Links(ALL[world.channel.name], ALL, HOME))


def letterboxes(
    world: World, tracker: Tracker | None = None, carriers: Carriers = ANY_CARRIER
) -> Letterboxes:
    """Open e-mail and SMS beside a messenger."""
    tracker = tracker or world.tracker
    worlds = {"telegram": world}
    for account, able in ABLE.items():
        recipients = world.recipients.of_account(account)
        made = make_world(
            world.pool, world.outbox, recipients, world.catalogue, world.voice, carriers=carriers
        )
        made.channel.able = able
        worlds[account] = made
    confirmations = Confirmations(world.recipients._ring)
    people = {account: worlds[account].recipients for account in ABLE}
    asking = Asking(world.pool, world.store, confirmations, tracker, world.voice, CLOCK, URL, people)
    takes = {account: conversation(worlds[account], tracker).take_one for account in ABLE}
    return Letterboxes(
        worlds,
        asking,
        Confirming(world.pool, confirmations, CLOCK, takes),
        Leaving(world.store, world.recipients),
        UnsubscribeLinks(world.recipients._ring, URL),
    )


def _link(message: Message) -> str:
    urls = [button.url or "" for row in message.buttons for button in row]
    found = [secret[1] for url in urls if (secret := LINK.fullmatch(url))]
    return found[0] if found else ""
