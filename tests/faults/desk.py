"""A back office and a citizen of a test's own, beside the sample's: each event is followed to the phone."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp

from cli.ingest_client import IngestClient
from cli.rows import Row, as_event
from runtime.postgres import open_pool
from sandbox.client import SandboxClient, sandbox_client
from sandbox.follower import follow
from services.ingest.keys import create_key
from tests.faults.fleet import Fleet
from tests.waiting import until

PUBLISHER = "desk"
NUMBER = "7000000001"
OFFICES = ("kyiv-1", "kyiv-2")
PATIENCE_SECONDS = 60.0


@dataclass
class Desk:
    """Sends updates of one followed application, each from the other office, so that each is told."""

    client: IngestClient
    raw: aiohttp.ClientSession
    url: str
    phone: SandboxClient
    link: str
    citizen: int = 0
    followers: set[int] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)

    async def newcomer(self) -> int:
        """Return one more citizen who may follow."""
        citizen = await self.phone.create_citizen("Desk")
        self.followers.add(citizen)
        return citizen

    async def follow(self, citizen: int) -> None:
        """Have a citizen scan the receipt and say yes until that is answered."""
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
            "occurred_at": datetime.now(UTC).isoformat(),
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

    async def told(self, citizen: int) -> int:
        """Return how many messages a citizen's phone shows."""
        return sum(message["from"] == "bot" for message in await self.phone.messages(citizen))

    async def tell(self, citizen: int | None = None) -> None:
        """Send the next event and wait until a phone, by default the first citizen's, shows something new."""
        who = self.citizen if citizen is None else citizen
        before = await self.told(who)

        async def shown() -> bool:
            return await self.told(who) > before

        await self.send()
        await until(shown, within=PATIENCE_SECONDS, every=0.05)


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
        found = Desk(client, raw, url, phone, issued.receipts[0]["links"]["telegram"])
        found.citizen = await found.newcomer()
        await found.follow(found.citizen)
        await found.tell()
        yield found
