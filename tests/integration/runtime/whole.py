"""The three services in one process, on real servers and the simulated Telegram."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
from nats.aio.client import Client
from pydantic import TypeAdapter

from contracts.messages.ids import RecipientId
from contracts.messages.rpc import REDEEM, Redeem, Redeemed
from runtime.database.postgres import open_pool, transaction
from runtime.keyring import KeyRing, parse_keys
from runtime.messaging.jetstream import call
from runtime.process.lifecycle import Build, Service, Stop
from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from services.ingest import app as ingest
from services.ingest.keys.api_keys import Scope, create_key
from services.ingest.settings import IngestSettings
from services.notifier import app as notifier
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.settings import NotifierSettings
from services.tracker import app as tracker
from services.tracker.settings import TrackerSettings
from tests.conftest import Databases

CATALOGUE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"
PUBLISHER = "passports"
RECEIPT_KEY = "cd" * 32
KEYS = f"1:{'ef' * 32}"
NUMBER = "AB-123456789"
SANDBOX = SandboxSettings(port=0, limits=limit_settings(0, 0))
REDEEMED: TypeAdapter[Redeemed] = TypeAdapter(Redeemed)

OPS = "http://127.0.0.1"
"""Where the back office's client finds what operators of ingest are answered."""


@dataclass(frozen=True)
class Whole:
    """What a test needs of the running services."""

    databases: Databases
    bus: Client
    back_office: httpx.AsyncClient
    telegram: SandboxClient

    async def follower(self, number: str = NUMBER) -> int:
        """Have somebody follow an application; return their chat."""
        chat = await self.telegram.create_citizen("Olena", "uk")
        await self.telegram.say(chat, "/start")
        now = datetime.now(UTC)
        recipients = Recipients("telegram", KeyRing(parse_keys(KEYS), PURPOSE))
        async with (
            open_pool(self.databases.url("notifier"), "notifier", size=2) as pool,
            transaction(pool) as connection,
        ):
            found = (await recipients.put(connection, None, str(chat), now)).recipient_id
            await recipients.consent(connection, found, now, 1, "en")
        await self._redeem(number, found, now)
        return chat

    async def _redeem(self, number: str, recipient: RecipientId, now: datetime) -> None:
        asked = {"receipt_id": str(uuid4()), "application_number": number, "document_type": "id_card"}
        receipt = (await self.back_office.post("/v1/receipts", json=asked)).raise_for_status().json()
        wish = Redeem(token=receipt["token"], recipient_id=recipient, consent_version="1", consented_at=now)
        await call(self.bus, REDEEM, wish, REDEEMED)

    async def told(self, chat: int, text: str) -> bool:
        """Tell whether the bot has sent somebody a message with this text."""
        messages = await self.telegram.messages(chat)
        return any(one["from"] == "bot" and text in one["text"] for one in messages)

    async def post(self, event_id: str, stage: str, headers: dict[str, str] | None = None) -> None:
        """Publish an event."""
        sent = {"Content-Type": "application/cloudevents+json", **(headers or {})}
        answer = await self.back_office.post("/v1/events", json=cloud_event(event_id, stage), headers=sent)
        answer.raise_for_status()


def cloud_event(event_id: str, stage: str) -> dict[str, object]:
    """Return a structured event about the application that everybody here follows."""
    return {
        "specversion": "1.0",
        "type": "docwatch.stage.v1",
        "source": PUBLISHER,
        "id": event_id,
        "time": datetime.now(UTC).isoformat(),
        "data": {"application_number": NUMBER, "document_type": "id_card", "stage": stage},
    }


@asynccontextmanager
async def whole(
    nats_url: str, bus: Client, databases: Databases, *, otlp: str | None = None, telegram: str | None = None
) -> AsyncIterator[Whole]:
    """Run everything for the length of the block; `telegram` is a simulator that runs already."""
    async with AsyncExitStack() as stack:
        url = telegram if telegram is not None else await stack.enter_async_context(run_sandbox(SANDBOX))
        phones = await stack.enter_async_context(sandbox_client(url))
        pool = await stack.enter_async_context(open_pool(databases.url("ingest"), "ingest", size=2))
        _, secret = await create_key(pool, PUBLISHER, list(Scope))
        common = {"nats_url": nats_url, "catalogue": CATALOGUE, "otlp_endpoint": otlp}
        own: dict[str, dict[str, object]] = {
            "tracker": {"receipt_key": RECEIPT_KEY},
            "notifier": {
                "encryption_keys": KEYS,
                "telegram_token": SANDBOX.bot_token,
                "telegram_api_url": url,
                "quiet_hours": False,
                "rate_chat": 100,
                "rate_global": 1000,
            },
            "ingest": {"pepper": "ab" * 32, "receipt_key": RECEIPT_KEY, "native_publishers": True},
        }
        given = {name: {**common, "database_url": databases.url(name), **own[name]} for name in own}
        builds = {
            "tracker": tracker.build(TrackerSettings.model_validate(given["tracker"])),
            "notifier": notifier.build(NotifierSettings.model_validate(given["notifier"])),
            "ingest": ingest.build(IngestSettings.model_validate(given["ingest"])),
        }
        services = {name: await stack.enter_async_context(_running(build)) for name, build in builds.items()}
        door = services["ingest"].apps["ingest"]
        back_office = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=door),
                mounts={OPS: httpx.ASGITransport(app=services["ingest"].ops)},
                base_url="http://ingest",
                headers={"Authorization": f"Bearer {secret}"},
            )
        )
        yield Whole(databases, bus, back_office, phones)


@asynccontextmanager
async def _running(build: Build) -> AsyncIterator[Service]:
    stop = Stop()
    async with build(stop) as service:
        tasks = [asyncio.ensure_future(loop()) for loop in service.loops]
        try:
            yield service
        finally:
            stop.set()
            await asyncio.gather(*tasks)
