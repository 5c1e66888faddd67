"""One agency on Telegram and on Viber, and the links by which a person of the one adds the other."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.messages.ids import RecipientId
from services.notifier.channels.telegram.channel import StartLinks
from services.notifier.channels.viber.channel import ViberInvitation
from services.notifier.conversation.tracker_client import Tracker
from services.notifier.domain.addresses.links import Invitation, Links
from services.notifier.domain.incoming import Body, Started, Tapped
from services.notifier.domain.messages import Message
from services.notifier.recipients import routes
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import World, make_world

TELEGRAM, VIBER = StartLinks("sample_bot"), ViberInvitation("sample")
SERVED: Mapping[str, Invitation] = {"telegram": TELEGRAM, "viber": VIBER}
SECRET = re.compile(r"j-[A-Za-z0-9_-]{22}")
OLENA, HERS = "7", "v7"
"""Her chats, in Telegram and in Viber."""


@dataclass
class TwoApps:
    """Both conversations, with one tracker behind them."""

    telegram: World
    viber: World
    tracker: Tracker
    update: int = field(default=100)

    async def does(self, world: World, address: str, *bodies: Body) -> list[str]:
        """Have somebody do things in one messenger; return what they were answered there."""
        query = "SELECT coalesce(max(seq), 0) FROM delivery"
        before = await world.pool.fetchval(query)
        updates = world.updates(self.tracker, Links(SERVED[world.channel.name], SERVED))
        for body in bodies:
            self.update += 1
            await updates.take_one(did(self.update, body, address))
        return [answer.shown for answer in await self.answers(world, before)]

    async def answers(self, world: World, after: int = 0) -> Sequence[Message]:
        """Return the answers that wait in one messenger, in order."""
        query = (
            "SELECT id, payload FROM delivery WHERE kind = 'answer' AND ended_at IS NULL AND channel = $1 "
            "AND seq > $2 ORDER BY seq"
        )
        rows = await world.pool.fetch(query, world.channel.name, after)
        return [world.recipients.answers.open(row["id"], row["payload"]) for row in rows]

    async def link(self, world: World, address: str) -> str:
        """Have somebody ask for a link; return its secret."""
        await self.does(world, address, Tapped("wa", None, "q"))
        (*_, answer) = await self.answers(world)
        urls = [button.url or "" for row in answer.buttons for button in row]
        (found,) = [secret[0] for url in urls if (secret := SECRET.search(url))]
        return found

    async def opens(self, world: World, address: str, secret: str) -> str:
        """Have somebody open a link; return the answer."""
        return (await self.does(world, address, Started(secret)))[0]

    async def says_yes(self, world: World, address: str, secret: str) -> str:
        """Have somebody say yes to being one with whoever made a link; return the answer."""
        return (await self.does(world, address, Tapped(f"jy:{secret}:en", None, "q")))[0]

    async def ways(self, person: RecipientId) -> list[str]:
        """Return by which accounts somebody is reached, in their order."""
        return [way.account for way in await routes.ways_of(self.telegram.pool, person)]

    async def who(self, world: World, address: str) -> RecipientId | None:
        """Return who has consented and is reached at an address."""
        found = await world.recipients.find(world.pool, address)
        return None if found is None or found.consented_at is None else found.id


def two_apps(telegram: World, tracker: Tracker | None = None) -> TwoApps:
    """Open Viber beside Telegram."""
    recipients = telegram.recipients.of_account("viber")
    viber = make_world(
        telegram.pool, telegram.outbox, recipients, telegram.catalogue, telegram.voice, receipts=True
    )
    return TwoApps(telegram, viber, tracker or telegram.tracker)
