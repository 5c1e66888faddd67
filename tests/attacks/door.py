"""Ingest with both of its doors open, in this process, and one publisher that knocks at either."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from nats.aio.client import Client
from pydantic import SecretStr
from starlette.types import ASGIApp

from contracts.streams import EVENTS_SUBJECT
from runtime.database.postgres import open_pool
from runtime.messaging.jetstream import settle
from runtime.process.lifecycle import Stop
from services.ingest.app import build
from services.ingest.keys.api_keys import Scope, create_key
from services.ingest.settings import IngestSettings
from tests.conftest import Databases
from tests.integration.ingest.conftest import CATALOGUE, OPS, PUBLISHER, event

__all__ = ["BATCH", "GZIP", "LINES", "ONE", "PUBLISHER", "Door", "event", "opened", "said"]

ONE = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
LINES = {"Content-Type": "application/x-ndjson"}
GZIP = {"Content-Encoding": "gzip"}


@dataclass(frozen=True)
class Door:
    """The two ways in; `app` is what is behind the first, `http` shows operators' pages below OPS, too."""

    http: httpx.AsyncClient
    nats: Client
    app: ASGIApp

    async def post(self, body: bytes, headers: Mapping[str, str | bytes] = ONE) -> httpx.Response:
        """Send over HTTP."""
        raw = {
            name.encode(): value if isinstance(value, bytes) else value.encode()
            for name, value in headers.items()
        }
        return await self.http.post("/v1/events", content=body, headers=raw)

    async def ask(self, body: bytes, headers: Mapping[str, str] = ONE) -> dict[str, Any]:
        """Send over NATS."""
        subject = f"{EVENTS_SUBJECT}.{PUBLISHER}"
        reply = await self.nats.request(subject, body, timeout=20, headers=dict(headers))
        found: dict[str, Any] = json.loads(reply.data)
        return found

    async def both(self, body: bytes, headers: Mapping[str, str] = ONE) -> list[dict[str, Any]]:
        """Send over HTTP, then over NATS."""
        return [(await self.post(body, headers)).json(), await self.ask(body, headers)]


def said(answer: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a status, or counts
    """Return an answer's status where it is a problem, else how many are in, and what is wrong."""
    if "status" in answer:
        return answer["status"]
    rejected = [(one["index"], [error["pointer"] for error in one["errors"]]) for one in answer["rejected"]]
    return answer["accepted"] + answer["duplicates"], rejected


@asynccontextmanager
async def opened(
    nats_url: str, databases: Databases, client: Client, *, rate: float = 20_000
) -> AsyncIterator[Door]:
    """Run a whole service with a key that may do everything."""
    async with open_pool(databases.url("ingest"), "ingest", size=2) as pool:
        _, key = await create_key(pool, PUBLISHER, list(Scope))
    settings = IngestSettings(
        nats_url=SecretStr(nats_url),
        database_url=SecretStr(databases.url("ingest")),
        catalogue=CATALOGUE,
        pepper=SecretStr("ab" * 32),
        receipt_key=SecretStr("cd" * 32),
        key_rate=rate,
        native_publishers=True,
    )
    stop = Stop()
    async with build(settings)(stop) as service:
        loops = [asyncio.ensure_future(loop()) for loop in service.loops]
        await settle(client)
        transport = httpx.ASGITransport(app=service.apps["ingest"], raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://ingest",
            headers=headers,
            timeout=120,
            mounts={OPS: httpx.ASGITransport(app=service.ops)},
        ) as http:
            yield Door(http, client, service.apps["ingest"])
        stop.set()
        await asyncio.gather(*loops)
