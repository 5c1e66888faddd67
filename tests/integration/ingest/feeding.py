"""What the feed's tests share: outcomes put into the stream, copying processes, a reader with a cursor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from nats.aio.client import Client

from contracts.messages.ids import EventId, Publisher
from contracts.messages.outcome import Effect, Outcome
from contracts.messages.reach import Reach
from contracts.streams import OUTCOME_SUBJECT, REACH_SUBJECT
from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from services.ingest.feed.copier import ROLE, Copier
from services.ingest.feed.store import FeedStore
from services.ingest.metrics import Metrics
from tests import waiting
from tests.integration.ingest.conftest import PUBLISHER

AT = datetime(2026, 2, 1, tzinfo=UTC)


async def tell(
    client: Client, event_id: str, *, publisher: str = PUBLISHER, reached: bool = False, message_id: str = ""
) -> None:
    """Put one outcome into the stream."""
    who, which = Publisher(publisher), EventId(event_id)
    message = (
        Reach(publisher=who, event_id=which, notices=2, ends={"accepted": 2}, failed=1, at=AT)
        if reached
        else Outcome(publisher=who, event_id=which, effect=Effect.ADVANCE, stage="printing", at=AT)
    )
    subject = REACH_SUBJECT if reached else OUTCOME_SUBJECT
    headers = {"Nats-Msg-Id": message_id} if message_id else None
    await client.jetstream().publish(subject, message.encoded(), headers=headers)


@asynccontextmanager
async def copying(client: Client, pool: Pool, holder: str, term: float = 8.0) -> AsyncIterator[Copier]:
    """Run one process's copying, ended without letting go of anything, as by a kill."""
    clock = SystemClock()
    lease = Lease(pool, clock, ROLE, holder, term=term)
    copier = Copier(client, FeedStore(pool), lease, clock, Metrics(), wait=0.1)
    task = asyncio.create_task(copier.run(asyncio.Event()))
    try:
        yield copier
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), task.exception()


async def read_on(
    api: httpx.AsyncClient, after: str | None, limit: int = 100
) -> tuple[list[Any], str | None]:
    """Read one page; return its outcomes and the next cursor."""
    given = {} if after is None else {"after": after}
    answer = await api.get("/v1/outcomes", params={**given, "limit": limit})
    assert 200 == answer.status_code, answer.text
    return answer.json()["outcomes"], answer.json().get("next")


async def until(api: httpx.AsyncClient, count: int, *, limit: int = 100) -> list[Any]:
    """Read from the beginning until there are so many; return all."""
    found: list[Any] = []
    after = None

    async def enough() -> bool:
        nonlocal after
        page, after = await read_on(api, after, limit)
        found.extend(page)
        return len(found) >= count

    await waiting.until(enough, every=0.02)
    return found
