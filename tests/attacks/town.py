"""A whole notifier but for its streams and its messenger, with a real tracker behind it."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from nats.aio.client import Client

from contracts import typed_code
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
from runtime.messaging.stream_writer import StreamWriter
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.domain.incoming import Body
from services.notifier.inbound.updates import Updates
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.wording.i18n import load_voice
from tests.conftest import Databases
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import CLOCK, World, make_world
from tests.integration.tracker.conftest import RECEIPT_KEY, running
from tests.waiting import until

SAMPLE = Path(__file__).parents[2] / "sandbox" / "agency" / "catalogue"
CODE = typed_code.encode(secrets.token_bytes(8))


@dataclass(frozen=True)
class Town:
    """Chats that are answered before they do the next thing, so that strangers are forgotten between."""

    world: World
    updates: Updates
    lease: Lease

    async def say(self, update: int, body: Body, address: str = "7") -> str:
        """Have somebody do one thing; return the first answer."""
        before = len(self.world.channel.sent)
        await self.updates.take([did(update, body, address)])
        await self.send()
        return self.world.channel.sent[before][1].shown

    async def send(self) -> None:
        """Send until nothing waits."""

        async def over() -> bool:
            query = "SELECT count(*) = 0 FROM delivery WHERE ended_at IS NULL"
            return bool(await self.world.pool.fetchval(query))

        async with self.world.sending(self.lease):
            await until(over)


@pytest.fixture
async def tracked(databases: Databases, nats_client: Client) -> AsyncIterator[World]:
    """The notifier, on the database that the tracker is on."""
    catalogue = load_catalogue(SAMPLE)
    recipients = Recipients("telegram", KeyRing([("k1", bytes(32))], PURPOSE))
    async with open_pool(databases.url("notifier"), "notifier") as pool:
        outbox = Outbox(pool, StreamWriter(nats_client), CLOCK)
        yield make_world(pool, outbox, recipients, catalogue, load_voice(catalogue))


@pytest.fixture
async def town(
    tracked: World, databases: Databases, nats_url: str, nats_client: Client
) -> AsyncIterator[Town]:
    """The conversation with a real tracker behind it."""
    async with running(databases, nats_url):
        yield Town(tracked, tracked.updates(RpcTracker(nats_client, "1")), await tracked.lease())


async def issue(client: Client, code: str = CODE, application: str = "0" * 64) -> str:
    """Issue a receipt of an application, with a typed code; return its token."""
    token = uuid4().hex[:22]
    request = IssueClaim(
        publisher=Publisher("office"),
        receipt_id=token[::-1],
        generation=1,
        application_key=ApplicationKey(application),
        masked="...42",
        document_type="id_card",
        token_hash=claim_hash(RECEIPT_KEY, "token", token),
        code_hash=claim_hash(RECEIPT_KEY, "code", code),
    )
    issued: Issued | Refused = await call(client, ISSUE, request, ISSUE_REPLY)
    assert isinstance(issued, Issued)
    return token
