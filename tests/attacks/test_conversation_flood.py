"""Citizens who write without end in a conversation: all others are answered as ever."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import uuid4

import pytest
from nats.aio.client import Client

from contracts.messages.desk.talk import LONGEST_TEXT, AnyTalk
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.conversations.reading import MOST_SAID
from services.desk.conversations.views import Answered, Held
from tests.attacks.heartbeat import calm
from tests.conftest import Databases
from tests.integration.desk.people import Desk, Talks

FLOOD, BATCH = 1500, 200
STALL = 0.25
LONG = ("паспорт " * LONGEST_TEXT)[:LONGEST_TEXT]


@pytest.fixture
async def desk(databases: Databases, nats_client: Client) -> AsyncIterator[Desk]:
    """A desk with its own pool."""
    async with open_pool(databases.url("desk"), "desk") as pool:
        yield Desk(pool, Outbox(pool, StreamWriter(nats_client), SystemClock()))


async def flood(desk: Desk) -> Talks:
    """Have one citizen say as much as they can."""
    talks = desk.talks()
    messages: list[AnyTalk] = [talks.opened(LONG), *(talks.said(LONG) for _ in range(FLOOD - 1))]
    for first in range(0, FLOOD, BATCH):
        await desk.take(*messages[first : first + BATCH])
    return talks


async def test_a_flood_in_a_conversation_holds_up_nobody(desk: Desk) -> None:
    """Of a flooded conversation the latest is shown; a search opens so much of it and no more; all go on."""
    olena = await desk.staff()
    talks = await flood(desk)
    other = await desk.open("where is it?")
    read, stall = await calm(partial(desk.conversations.read, olena, talks.conversation_id))
    found, searching = await calm(partial(desk.conversations.search, olena, "де паспорта"))
    taken = await desk.conversations.take(olena, other.conversation_id)
    told = await desk.conversations.answer(olena, other.conversation_id, "here", uuid4())

    assert read is not None
    assert MOST_SAID == len(read.utterances)
    assert FLOOD == read.utterances[-1].number
    assert ([], True) == (list(found.hits), found.cut)
    assert isinstance(taken, Held)
    assert isinstance(told, Answered)
    assert (True, True) == (stall < STALL, searching < STALL)
