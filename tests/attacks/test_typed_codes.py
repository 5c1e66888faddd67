"""One chat tries to use up the typed codes of everybody, as a stranger and by having itself forgotten."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from nats.aio.client import Client

from contracts.catalogue import load_catalogue
from contracts.claims import claim_hash
from contracts.messages.ids import ApplicationKey, Publisher
from contracts.messages.rpc import (
    ISSUE,
    ISSUE_REPLY,
    IssueClaim,
    Issued,
    Refused,
)
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.keyring import KeyRing
from runtime.messaging.jetstream import call
from runtime.messaging.publisher import Publisher as Sender
from services.notifier.channels.base import Body, Tapped
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.conversation.updates import Inbound
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.wording.i18n import load_voice
from tests.conftest import Databases
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import CLOCK, World, make_world
from tests.integration.tracker.conftest import RECEIPT_KEY, running
from tests.waiting import until

SAMPLE = Path(__file__).parents[2] / "sandbox" / "agency" / "catalogue"
WRONG = Tapped(f"yc:{'Z' * 13}:en", "55", "q")
EACH = 10


@pytest.fixture
async def world(databases: Databases, nats_client: Client) -> AsyncIterator[World]:
    """A whole notifier but for its streams, on the database that the tracker is on."""
    catalogue = load_catalogue(SAMPLE)
    recipients = Recipients("telegram", KeyRing([("k1", bytes(32))], PURPOSE))
    async with open_pool(databases.url("notifier"), "notifier") as pool:
        outbox = Outbox(pool, Sender(nats_client), CLOCK)
        yield make_world(pool, outbox, recipients, catalogue, load_voice(catalogue))


async def issue(client: Client) -> tuple[str, str]:
    """Issue a receipt; return its token and its typed code."""
    token, code = uuid4().hex[:22], "7K3M9Q2X5T8WB"
    request = IssueClaim(
        publisher=Publisher("office"),
        receipt_id=token,
        generation=1,
        application_key=ApplicationKey("0" * 64),
        masked="...42",
        document_type="id_card",
        token_hash=claim_hash(RECEIPT_KEY, "token", token),
        code_hash=claim_hash(RECEIPT_KEY, "code", code),
    )
    issued: Issued | Refused = await call(client, ISSUE, request, ISSUE_REPLY)
    assert isinstance(issued, Issued)
    return token, code


@dataclass(frozen=True)
class Town:
    """Chats that are answered before they do the next thing, so that strangers are forgotten between."""

    world: World
    inbound: Inbound
    lease: Lease

    async def say(self, update: int, body: Body, address: str = "7") -> str:
        """Have somebody do one thing; return the first answer."""
        before = len(self.world.channel.sent)
        await self.inbound.take([did(update, body, address)])
        async with self.world.sending(self.lease):
            await self.drained()
        return self.world.channel.sent[before][1].html

    async def drained(self) -> None:
        """Wait until nothing is to be sent."""

        async def over() -> bool:
            query = "SELECT count(*) = 0 FROM delivery WHERE ended_at IS NULL"
            return bool(await self.world.pool.fetchval(query))

        await until(over)


@pytest.fixture
async def town(world: World, databases: Databases, nats_url: str, nats_client: Client) -> AsyncIterator[Town]:
    """The conversation with a real tracker behind it."""
    async with running(databases, nats_url):
        yield Town(world, world.inbound(RpcTracker(nats_client, "1")), await world.lease())


async def test_a_stranger_has_no_more_tries_than_anybody(town: Town, nats_client: Client) -> None:
    """After ten wrong codes a chat is told when it may go on, others go on typing, and its QR code opens."""
    token, code = await issue(nats_client)
    tries = [await town.say(number, WRONG) for number in range(1, 15)]
    neighbour = await town.say(20, Tapped(f"yc:{code}:en", "55", "q"), "8")
    scanned = await town.say(21, Tapped(f"y:{token}:en", "55", "q"))

    assert [True] * EACH + [False] * 4 == ["could not find" in text for text in tries]
    assert [False] * EACH + [True] * 4 == ["We look at typed codes again from" in text for text in tries]
    assert "You now follow" in neighbour
    assert "You now follow" in scanned


async def test_being_forgotten_resets_nothing(town: Town, nats_client: Client) -> None:
    """Following and forgetting between the tries makes none of them undone."""
    token, _ = await issue(nats_client)
    for number in range(1, EACH + 1):
        await town.say(number, WRONG)
    await town.say(20, Tapped(f"y:{token}:en", "55", "q"))
    await town.say(21, Tapped("f", "55", "q"))

    text = await town.say(22, WRONG)

    assert "We look at typed codes again from" in text


async def test_the_tracker_learns_no_address(town: Town, databases: Databases) -> None:
    """What codes are counted by is no address, nor the value by which the notifier finds one."""
    await town.say(1, WRONG, "123456789")

    async with open_pool(databases.url("tracker"), "tracker", size=2) as pool:
        scopes = {
            row["scope"] for row in await pool.fetch("SELECT scope FROM typing UNION SELECT scope FROM typed")
        }
    ring = KeyRing([("k1", bytes(32))], PURPOSE)
    assert {town.world.recipients.typist("123456789"), "everybody"} == scopes
    assert ring.lookup("k1", "telegram", "123456789").hex() not in scopes
