"""The notifier's parts on a fresh database, without NATS: what is reported stays in the outbox."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from nats.aio.client import Client

from contracts.catalogue import Catalogue, load_catalogue
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.keyring import KeyRing
from runtime.messaging.stream_writer import StreamWriter
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.wording.i18n import Voice, load_voice
from tests.conftest import Databases
from tests.integration.notifier.world import CLOCK, World, make_world

CATALOGUE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The sample agency's catalogue."""
    return load_catalogue(CATALOGUE)


@pytest.fixture(scope="session")
def voice(catalogue: Catalogue) -> Voice:
    """What the bot can say."""
    return load_voice(catalogue)


@pytest.fixture
def recipients() -> Recipients:
    """Recipients of the scripted messenger under a key of the test's own."""
    return Recipients("telegram", KeyRing([("k1", bytes(32))], PURPOSE))


@pytest.fixture
async def world(
    databases: Databases, recipients: Recipients, catalogue: Catalogue, voice: Voice
) -> AsyncIterator[World]:
    """The notifier taken apart, its outbox with nobody to publish it."""
    async with open_pool(databases.url("notifier"), "notifier") as pool:
        outbox = Outbox(pool, StreamWriter(Client()), CLOCK)
        world = make_world(pool, outbox, recipients, catalogue, voice)
        async with aclosing(world.pictures.reader):
            yield world
