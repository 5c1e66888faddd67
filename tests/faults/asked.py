"""What goes beside the events: receipts are printed and followed, staff change answers and people ask.

The first are questions between services, the second goes by the key-value bucket.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from runtime.clock import SystemClock
from runtime.database.postgres import Pool, open_pool
from sandbox.follower import follow
from services.desk.knowledge.answers import Answers
from tests.faults.desk import Desk
from tests.faults.harness import Harness
from tests.integration.desk.conftest import answer

CLOCK = SystemClock()
FIRST = 7_100_000_000
ASK_AGAIN_SECONDS = 2.0


@dataclass
class Asked:
    """Asks all of it, each time with a document, an answer and citizens of its own."""

    desk: Desk
    pool: Pool
    number: int = 0
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
        """Change what staff answer, and ask until that is told."""
        self.number += 1
        number = self.number
        answers, told = Answers(self.pool, CLOCK), f"Answer number {number}."
        # Words that nothing else is asked by.
        new = answer(
            f"probe_{number}",
            questions={one: [f"zyxwv {'q' * number} wvuts"] for one in ("uk", "ru", "en")},
            text=dict.fromkeys(("uk", "ru", "en"), told),
        )
        looked = await answers.look()
        await answers.change({new.id: new}, looked.revision, "editor")
        citizen = await self._citizen()
        while True:
            await self.desk.phone.say(citizen, new.questions["uk"][0])
            await CLOCK.sleep(ASK_AGAIN_SECONDS)
            if any(told in text for text in await self.desk.said(citizen)):
                return

    async def _citizen(self) -> int:
        citizen = await self.desk.phone.create_citizen("Asked")
        self.citizens.add(citizen)
        return citizen


@asynccontextmanager
async def asked(stack: Harness, desk: Desk) -> AsyncIterator[Asked]:
    """Open what asks an installation."""
    async with open_pool(stack.running.servers.databases["desk"], "desk", size=2) as pool:
        yield Asked(desk, pool)
