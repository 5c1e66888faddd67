"""Ingest as it is wired, on real servers, with keys and a tracker that answers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import SecretStr

import sandbox.agency
from contracts.messages.desk.appointments import LIST, ListQuery
from contracts.messages.desk.ready import RECEIPTS, ReceiptsQuery
from contracts.messages.rpc import EVENT, ISSUE, REVOKE, UNREACHED, IssueClaim, RevokeClaim, UnreachedQuery
from runtime.database.postgres import Pool, open_pool
from runtime.process.lifecycle import Stop
from services.ingest.app import build
from services.ingest.keys.api_keys import Scope, create_key
from services.ingest.settings import IngestSettings
from tests.conftest import Databases

CATALOGUE = Path(sandbox.agency.__file__).parent / "catalogue"
PUBLISHER = "passports"
OPS = "http://127.0.0.1"
"""Where the clients of these tests find what operators are answered."""


class Tracker:
    """A tracker that remembers the claims it was asked to issue; `answer` is what it says."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.claims: list[IssueClaim] = []
        self.revoked: list[RevokeClaim] = []
        self.asked: list[UnreachedQuery] = []
        self.listed: list[ListQuery] = []
        self.receipts: dict[UUID, str] = {}
        self.answer: dict[str, object] | None = None

    async def start(self) -> None:
        """Listen for claims and questions."""
        await self._client.subscribe(ISSUE, cb=self._issue)
        await self._client.subscribe(REVOKE, cb=self._revoke)
        await self._client.subscribe(EVENT, cb=self._told)
        await self._client.subscribe(UNREACHED, cb=self._unreached)
        await self._client.subscribe(LIST, cb=self._listed)
        await self._client.subscribe(RECEIPTS, cb=self._receipts)
        await self._client.flush()

    async def _issue(self, message: Msg) -> None:
        claim = IssueClaim.model_validate_json(message.data)
        created = claim not in self.claims
        self.claims.append(claim)
        answer = self.answer or {"result": "issued", "created": created}
        await message.respond(json.dumps(answer).encode())

    async def _revoke(self, message: Msg) -> None:
        claim = RevokeClaim.model_validate_json(message.data)
        changed = claim not in self.revoked
        self.revoked.append(claim)
        await message.respond(json.dumps({"result": "revoked", "changed": changed}).encode())

    async def _told(self, message: Msg) -> None:
        await message.respond(json.dumps(self.answer or {"result": "refused", "reason": "invalid"}).encode())

    async def _unreached(self, message: Msg) -> None:
        query = UnreachedQuery.model_validate_json(message.data)
        self.asked.append(query)
        nobody = {"result": "unreached", "rows": [], "after": query.after}
        await message.respond(json.dumps(self.answer or nobody).encode())

    async def _listed(self, message: Msg) -> None:
        """Answer in the desk's place."""
        self.listed.append(ListQuery.model_validate_json(message.data))
        await message.respond(json.dumps(self.answer or {"result": "list", "rows": []}).encode())

    async def _receipts(self, message: Msg) -> None:
        query = ReceiptsQuery.model_validate_json(message.data)
        found = [self.receipts.get(one) for one in query.applications]
        await message.respond(json.dumps({"result": "receipts", "receipts": found}).encode())


@dataclass(frozen=True)
class Bench:
    """What services are opened with: a fresh database and a key that may do everything."""

    databases: Databases
    key: str

    @asynccontextmanager
    async def open(
        self,
        nats_url: str,
        *,
        key: str | None = None,
        publish_wait: float = 5.0,
        public_url: str | None = None,
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Run a whole service and talk to it without a socket, as an operator below OPS."""
        settings = IngestSettings(
            nats_url=SecretStr(nats_url),
            database_url=SecretStr(self.databases.url("ingest")),
            catalogue=CATALOGUE,
            pepper=SecretStr("ab" * 32),
            receipt_key=SecretStr("cd" * 32),
            publish_wait=publish_wait,
            public_url=public_url,
        )
        headers = {"Authorization": f"Bearer {key or self.key}"}
        async with build(settings)(Stop()) as service:
            transport = httpx.ASGITransport(app=service.apps["ingest"], raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport,
                base_url="http://ingest",
                headers=headers,
                mounts={OPS: httpx.ASGITransport(app=service.ops)},
            ) as client:
                yield client


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    async with open_pool(databases.url("ingest"), "ingest", size=2) as found:
        yield found


@pytest.fixture
async def bench(databases: Databases, pool: Pool) -> Bench:
    """A database with a key of the publisher `passports`."""
    _, secret = await create_key(pool, PUBLISHER, list(Scope))
    return Bench(databases, secret)


@pytest.fixture
async def ingest(nats_url: str, bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    """A service on fresh streams and a fresh database, with the key set."""
    async with bench.open(nats_url) as client:
        yield client


@pytest.fixture
async def tracker(nats_client: Client) -> Tracker:
    """A tracker that answers."""
    found = Tracker(nats_client)
    await found.start()
    return found


def event(event_id: str = "e-1", **data: object) -> dict[str, object]:
    """Make one CloudEvent; `data` fields by keyword."""
    fields = {"application_number": "AB-123456789", "document_type": "id_card", "stage": "printing"}
    return {
        "specversion": "1.0",
        "type": "docwatch.stage.v1",
        "source": PUBLISHER,
        "id": event_id,
        "time": "2026-01-31T10:00:00+02:00",
        "data": {**fields, **data},
    }


async def stored(client: Client) -> list[bytes]:
    """Read the bodies of everything in the stream of stages."""
    js = client.jetstream()
    count = (await js.stream_info("STAGES")).state.messages
    messages = [await js.get_msg("STAGES", sequence) for sequence in range(1, count + 1)]
    return [message.data or b"" for message in messages]
