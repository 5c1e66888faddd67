"""A back office and a citizen of a test's own, beside the sample's: each event is followed to the phone."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp

from cli.publish.ingest_client import IngestClient
from cli.publish.rows import Row, as_event
from runtime.database.postgres import open_pool
from sandbox.clients.follower import follow
from sandbox.clients.telegram import SandboxClient, sandbox_client
from services.ingest.keys.api_keys import create_key
from tests.faults.fleet import Fleet
from tests.waiting import until

PUBLISHER = "desk"
NUMBER = "7000000001"
OFFICES = ("kyiv-1", "kyiv-2")
PATIENCE_SECONDS = 60.0
OPEN_FOR = timedelta(hours=6)
"""Before a test began; its events fit in between, for none may lie in the future."""


@dataclass
class Desk:
    """Sends updates of one followed application, each a minute later than the one before it.

    They come from one office and the other by turns, so that each is told, and a phone shows of each when it
    occurred, so that none is taken for another that came late.
    """

    client: IngestClient
    raw: aiohttp.ClientSession
    url: str
    phone: SandboxClient
    link: str
    zone: ZoneInfo
    opened: datetime
    followers: set[int] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)

    async def newcomer(self) -> int:
        """Return one more citizen who may follow."""
        return await self.phone.create_citizen("Desk")

    async def follow(self, citizen: int) -> None:
        """Have a citizen scan the receipt and say yes until that is answered."""
        self.followers.add(citizen)
        await follow(self.phone, citizen, self.link)

    def event(self) -> Mapping[str, object]:
        """Return the next event, as a CloudEvent, without sending it."""
        number = len(self.sent)
        fields: dict[str, object] = {
            "event_id": f"desk-{number}",
            "application_number": NUMBER,
            "document_type": "id_card",
            "stage": "verification",
            "office": OFFICES[number % 2],
            "occurred_at": self._occurred(number).isoformat(),
        }
        return as_event(Row(number + 1, fields), PUBLISHER)

    async def once(self, event: Mapping[str, object]) -> int:
        """Send an event a single time; return the status, 0 where no answer came."""
        headers = {"Content-Type": "application/cloudevents+json"}
        try:
            async with self.raw.post(f"{self.url}/v1/events", json=event, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0

    async def send(self) -> None:
        """Send the next event until it is accepted."""
        event = self.event()
        await self.client.publish([event])
        self.sent.append(str(event["id"]))

    async def said(self, citizen: int) -> list[str]:
        """Return the bot's messages that a citizen's phone shows."""
        return [message["text"] for message in await self.phone.messages(citizen) if message["from"] == "bot"]

    async def tell(self) -> None:
        """Send the next event and wait until the phone of each who follows shows it."""
        moment = self._occurred(len(self.sent)).astimezone(self.zone).strftime(", %H:%M")

        async def shown() -> bool:
            return all([any(moment in text for text in await self.said(one)) for one in self.followers])

        await self.send()
        await until(shown, within=PATIENCE_SECONDS, every=0.05)

    def _occurred(self, number: int) -> datetime:
        return self.opened + timedelta(minutes=number)


@asynccontextmanager
async def desk(ships: Fleet) -> AsyncIterator[Desk]:
    """Open a desk with a key, a receipt and a citizen who has scanned it."""
    running = ships.harness.running
    assert running.addresses.phone is not None
    async with open_pool(running.servers.databases["ingest"], "ingest") as pool:
        _, key = await create_key(pool, PUBLISHER, name="a test's desk")
    url = running.addresses.ingest
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        IngestClient(url, key) as client,
        aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=30)) as raw,
        sandbox_client(running.addresses.phone) as phone,
    ):
        wanted = {"receipt_id": "desk", "application_number": NUMBER, "document_type": "id_card"}
        issued = await client.issue([wanted])
        link, zone = issued.receipts[0]["links"]["telegram"], ZoneInfo(running.catalogue.agency.time_zone)
        found = Desk(client, raw, url, phone, link, zone, datetime.now(UTC) - OPEN_FOR)
        await found.follow(await found.newcomer())
        await found.tell()
        yield found
