"""What goes beside the events: receipts are printed and followed, staff change answers and people ask.

The first are questions between services, the second goes by the key-value bucket.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

from cli.installation import bus
from contracts.knowledge import Answer
from contracts.streams import KNOWLEDGE
from runtime.clock import SystemClock
from runtime.database.postgres import Pool, open_pool
from runtime.messaging.buckets import BucketWriter
from sandbox.clients.follower import follow
from services.desk.knowledge.answers import Answers
from tests.faults.desk import PATIENCE_SECONDS, Desk
from tests.faults.harness import Harness
from tests.integration.desk.conftest import answer
from tests.waiting import until

CLOCK = SystemClock()
FIRST = 7_100_000_000
ASK_AGAIN_SECONDS = 2.0
INDEX_SECONDS = 240.0
"""In which the index of all answers is made anew on a machine that is busy with all of this."""


@dataclass
class Asked:
    """Asks all of it, each time with a document, an answer and citizens of its own."""

    desk: Desk
    pool: Pool
    bucket: BucketWriter
    number: int = 0
    changed: list[Answer] = field(default_factory=list)
    citizens: set[int] = field(default_factory=set)

    async def followed(self) -> None:
        """Print a receipt and have a citizen follow by it."""
        self.number += 1
        number = self.number
        wanted = {
            "receipt_id": f"asked-{number}",
            "application_number": str(FIRST + number),
            "document_type": "id_card",
        }
        issued = await self.desk.client.issue([wanted])
        await follow(self.desk.phone, await self._citizen(), issued.receipts[0]["links"]["telegram"])

    async def answered(self) -> None:
        """Change what staff answer, and wait until that is in the bucket."""
        self.number += 1
        answers, number = Answers(self.pool, CLOCK), self.number
        new = answer(
            f"asked_{number}",
            questions={one: [_unlike_others(number)] for one in ("uk", "ru", "en")},
            text=dict.fromkeys(("uk", "ru", "en"), f"Answer number {number}."),
        )
        looked = await answers.look()
        await answers.change({new.id: new}, looked.revision, "editor")

        async def there() -> bool:
            return new.id in await self.bucket.read()

        await until(there, within=PATIENCE_SECONDS, every=0.5)
        self.changed.append(new)

    async def told(self) -> None:
        """Ask for each changed answer until it is given."""
        citizen = await self._citizen()
        async with asyncio.timeout(INDEX_SECONDS):
            for one in self.changed:
                while not any(one.text["uk"] in text for text in await self.desk.said(citizen)):
                    await self.desk.phone.say(citizen, one.questions["uk"][0])
                    await CLOCK.sleep(ASK_AGAIN_SECONDS)

    async def _citizen(self) -> int:
        citizen = await self.desk.phone.create_citizen("Asked")
        self.citizens.add(citizen)
        return citizen


@asynccontextmanager
async def asked(stack: Harness, desk: Desk) -> AsyncIterator[Asked]:
    """Open what asks an installation."""
    servers = stack.running.servers
    client = await bus.connect(servers.nats["provision"], servers.nats_ca)
    try:
        async with open_pool(servers.databases["desk"], "desk", size=2) as pool:
            yield Asked(desk, pool, BucketWriter(client, KNOWLEDGE))
    finally:
        await client.close()


def _unlike_others(number: int) -> str:
    """Return a question of words that no other question is asked by."""
    letters = sha256(str(number).encode()).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    return " ".join(letters[at : at + 9] for at in (0, 9, 18))
