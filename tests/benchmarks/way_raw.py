"""The leanest whole way, each part a program of its own: `python -m tests.benchmarks.way_raw PART PORT`.

`ingest` answers 202 once the stream has the events; `tracker` writes state, history and what follows in one
transaction a batch and publishes notices; `notifier` stores deliveries and their first attempts in one, calls
the messenger, and writes the ends. The same durable work by the services' own statements, with nothing
decided, watched, paced or worded: right for events in order, of people whom nothing else concerns.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import nats
import orjson
import uvicorn
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext
from pydantic import TypeAdapter
from starlette.types import Receive, Scope, Send

from contracts.catalogue import load_catalogue
from contracts.messages.ids import EventId, NoticeId, Publisher, RecipientId, SubscriptionId
from contracts.messages.notice import NOTICE, Notice, NoticeKind
from contracts.messages.stage import StageEvent
from contracts.streams import NOTIFIER_NOTICES, STAGE_SUBJECT, TRACKER_STAGES
from runtime.keyring import KeyRing, Sealed, parse_keys
from services.ingest.domain.events import CloudEvent
from services.ingest.domain.numbers import Numbering, application
from services.notifier.delivery import store
from services.notifier.delivery.sending import queue
from services.notifier.recipients.addresses import PURPOSE
from tests.benchmarks import town
from tests.benchmarks.ingest_raw import ANSWER, HEADERS
from tests.benchmarks.kit import CATALOGUE
from tests.benchmarks.notifier_raw import KEYS, TEXT
from tests.benchmarks.tracker_raw import relay, take

EVENTS = TypeAdapter(list[CloudEvent])
BATCH, WORKERS, CALLS = 200, 2, 50
"""Messages of one transaction, transactions under way at once, and calls to the messenger at once."""
_KEYBOARD = orjson.dumps(KEYS.to_dict()).decode()


def environment(name: str) -> str:
    """Return a setting of the services', as their processes are given it."""
    return os.environ[f"DOCWATCH_{name}"]


async def connected(stack: AsyncExitStack) -> tuple[Client, JetStreamContext]:
    """Connect to NATS for as long as the stack."""
    client = await nats.connect(environment("NATS_URL"))
    stack.push_async_callback(client.close)
    return client, client.jetstream(publish_async_max_pending=4000)


async def database(stack: AsyncExitStack, schema: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect to PostgreSQL for as long as the stack."""
    own = await asyncpg.connect(environment("DATABASE_URL"), server_settings={"search_path": schema})
    stack.push_async_callback(own.close)
    return own


class Door:
    """A bare ASGI application for posts of one event or of many."""

    def __init__(self, js: JetStreamContext | None) -> None:
        agency = load_catalogue(CATALOGUE).agency
        self._numbering = Numbering.of(agency.code, agency.number_patterns)
        self._pepper = bytes.fromhex(environment("PEPPER"))
        self._js = js

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer once the stream has what was posted."""
        body, more = b"", scope["path"] == "/v1/events"
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        if body and self._js is not None:
            now = datetime.now(UTC)
            sent = [
                await self._js.publish_async(STAGE_SUBJECT, encoded, headers={"Nats-Msg-Id": name})
                for name, encoded in self._encoded(body, now)
            ]
            await asyncio.gather(*sent)
        await send({"type": "http.response.start", "status": 202 if body else 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": ANSWER})

    def _encoded(self, body: bytes, now: datetime) -> list[tuple[str, bytes]]:
        return [
            (one.id, self._stage_event(one, now))
            for one in EVENTS.validate_json(body if body[:1] == b"[" else b"[%b]" % body)
        ]

    def _stage_event(self, event: CloudEvent, now: datetime) -> bytes:
        data = event.data
        match_key = self._numbering.match_key(data.application_number)
        assert match_key is not None
        found = application(self._numbering, self._pepper, match_key)
        return orjson.dumps(
            {
                "publisher": event.source,
                "event_id": event.id,
                "digest": "1" * 64,
                "application_key": found.key,
                "masked": found.masked,
                "document_type": data.document_type,
                "stage": data.stage,
                "restart": data.restart,
                "occurred_at": event.time,
                "accepted_at": now,
            }
        )


Taken = Callable[[Sequence[Msg]], Awaitable[None]]


async def read(js: JetStreamContext, client: Client, durable: str, name: str, taken: Taken) -> None:
    """Hand on what a consumer has, as much as there is, and acknowledge it."""
    reader = await js.pull_subscribe_bind(durable, name)
    while True:
        try:
            messages = await reader.fetch(BATCH, timeout=1)
        except (TimeoutError, nats.errors.TimeoutError):
            continue
        for start in range(0, len(messages), BATCH):
            batch = messages[start : start + BATCH]
            await taken(batch)
            for message in batch:
                await message.ack()
        await client.flush()


async def tracker(stack: AsyncExitStack) -> None:
    """Take stages in, one batch while another's notices are published."""
    client, js = await connected(stack)

    async def worker() -> None:
        own = await database(stack, "tracker")

        async def taken(batch: Sequence[Msg]) -> None:
            rows = await take(own, batch, notice)
            await relay(js, own, rows)

        await read(js, client, TRACKER_STAGES.durable, TRACKER_STAGES.stream, taken)

    await asyncio.gather(*(worker() for _ in range(WORKERS)))


def notice(event: StageEvent, revision: int, subscription: UUID, recipient: UUID, now: datetime) -> bytes:
    """Return the notice of a stage to a follower."""
    return Notice(
        notice_id=NoticeId(uuid4()),
        kind=NoticeKind.ADVANCE,
        revision=revision,
        publisher=Publisher(event.publisher),
        event_id=EventId(event.event_id),
        subscription_id=SubscriptionId(subscription),
        recipient_id=RecipientId(recipient),
        document_type=event.document_type,
        masked=event.masked,
        stage=event.stage,
        occurred_at=event.occurred_at,
        accepted_at=event.accepted_at,
        created_at=now,
    ).encoded()


async def tenure(own: "asyncpg.Connection[asyncpg.Record]") -> int:
    """Take the lease of the account for longer than anything is measured; return its token."""
    token: int = await own.fetchval(
        "INSERT INTO lease VALUES ($1, 'raw', 1, now() + interval '1 day')"
        " ON CONFLICT (role) DO UPDATE SET token = 1 RETURNING token",
        town.CHANNEL,
    )
    return token


async def stored(
    own: "asyncpg.Connection[asyncpg.Record]", token: int, notices: Sequence[Notice]
) -> Sequence[asyncpg.Record]:
    """Store notices as deliveries and claim their first attempts, in one transaction; return the claims."""
    count, ids = len(notices), [one.notice_id for one in notices]
    nothing, until = [None] * count, datetime.now(UTC) + timedelta(days=1)
    async with own.transaction():
        await own.fetch(
            store.SQL["store_notices"],
            *(ids, [one.recipient_id for one in notices], [2] * count),
            *([one.subscription_id for one in notices], [one.revision for one in notices]),
            [one.model_dump_json() for one in notices],
            *([one.created_at for one in notices], [until] * count, nothing, nothing),
            *([False] * count, nothing, None, ()),
        )
        asked: tuple[object, ...] = town.CHANNEL, token, town.CHANNEL, count, 2, [], ids
        return list(await own.fetch(queue.AT_ONCE["claim_stored"], *asked))


@dataclass(frozen=True)
class Sender:
    """Stores, claims, calls and writes the ends of a batch."""

    own: "asyncpg.Connection[asyncpg.Record]"
    token: int
    ring: KeyRing
    session: aiohttp.ClientSession
    places: asyncio.Semaphore

    async def taken(self, batch: Sequence[Msg]) -> None:
        """Send a batch of notices."""
        notices = [NOTICE.validate_json(message.data) for message in batch]
        claimed = await stored(self.own, self.token, notices)
        references = await asyncio.gather(*map(self._call, claimed))
        count = len(claimed)
        columns = (
            [row["id"] for row in claimed],
            [1] * count,
            ["accepted"] * count,
            [None] * count,
            references,
            [0.0] * count,
            [0] * count,
            *([[False] * count] * 3),
            ["accepted"] * count,
            [None] * count,
            [False] * count,
        )
        further = None, (), False
        await self.own.fetch(queue.SQL["record"], town.CHANNEL, self.token, *columns, *further)

    async def _call(self, row: asyncpg.Record) -> str:
        chat = self.ring.open(Sealed(row["key_id"], row["address"]), row["recipient_id"].bytes).decode()
        said = {"chat_id": chat, "text": TEXT, "parse_mode": "HTML", "reply_markup": _KEYBOARD}
        url = f"{environment('TELEGRAM_API_URL')}/bot{environment('TELEGRAM_TOKEN')}/sendMessage"
        async with self.places, self.session.post(url, json={**said, "protect_content": True}) as answer:
            return str((await answer.json(loads=orjson.loads))["result"]["message_id"])


async def notifier(stack: AsyncExitStack) -> None:
    """Send notices, one batch while another is stored."""
    client, js = await connected(stack)
    session = await stack.enter_async_context(
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CALLS))
    )
    ring, places = KeyRing(parse_keys(environment("ENCRYPTION_KEYS")), PURPOSE), asyncio.Semaphore(CALLS)

    async def worker() -> None:
        own = await database(stack, "notifier")
        sender = Sender(own, await tenure(own), ring, session, places)
        await read(js, client, NOTIFIER_NOTICES.durable, NOTIFIER_NOTICES.stream, sender.taken)

    await asyncio.gather(*(worker() for _ in range(WORKERS)))


PARTS = {"tracker": tracker, "notifier": notifier}


async def main(part: str, port: int) -> None:
    """Run a part until it is ended; its port answers once it runs."""
    async with AsyncExitStack() as stack:
        door = Door((await connected(stack))[1] if part == "ingest" else None)
        server = uvicorn.Server(uvicorn.Config(door, port=port, log_config=None, lifespan="off"))
        serving = [server.serve()] if part == "ingest" else [server.serve(), PARTS[part](stack)]
        async with asyncio.TaskGroup() as group:
            first, *others = map(group.create_task, serving)
            await first
            for other in others:
                other.cancel()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
