"""Attacks meet the same parts as the tests of each service."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from nats.aio.client import Client

from services.notifier.pictures.reader import PhotoReader
from tests.attacks.door import Door, opened
from tests.attacks.town import town, tracked
from tests.conftest import Databases
from tests.integration.notifier.conftest import catalogue, recipients, voice, world

__all__ = ["catalogue", "recipients", "town", "tracked", "voice", "world"]


@pytest.fixture
async def reader() -> AsyncIterator[PhotoReader]:
    """A reader of pictures with a process of its own."""
    async with aclosing(PhotoReader()) as found:
        yield found


@pytest.fixture
async def door(nats_url: str, databases: Databases, nats_client: Client) -> AsyncIterator[Door]:
    """Ingest with both doors open."""
    async with opened(nats_url, databases, nats_client) as found:
        yield found
