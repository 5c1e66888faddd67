"""A desk with simulated staff as a process of its own: they take, answer, end, or walk away.

`python -m tests.faults.answering NATS_URL DATABASE_URL STAFF SEED`, until it is told to stop or killed.
"""

import asyncio
import signal
import sys
from dataclasses import replace
from random import Random
from uuid import UUID, uuid4

from pydantic import SecretStr

from contracts.catalogue import load_catalogue
from contracts.streams import DESK_TALKS
from runtime.clock import SystemClock, pause
from runtime.database.outbox import Outbox
from runtime.database.postgres import TRANSIENT, open_pool
from runtime.messaging.pull import consume
from runtime.messaging.stream_writer import StreamWriter
from runtime.process.lifecycle import Stop
from runtime.process.start import messaging
from sandbox.agency import CATALOGUE
from services.desk.conversations.assembly import People, ground_of
from services.desk.conversations.conversations import Conversations
from services.desk.conversations.sealing import Texts
from services.desk.conversations.views import Already, Answered, Held, Lost
from services.desk.domain.viewers import Viewer
from services.desk.metrics import Metrics
from services.desk.settings import DeskSettings
from tests.faults.conversing import KEYS, LEASE
from tests.integration.desk.people import staff

WALKS_AWAY, PASSES_ON, SENDS_TWICE = 0.03, 0.05, 0.1
RESTS_SECONDS = 0.05


class Member:
    """One of the staff at work."""

    def __init__(self, conversations: Conversations, viewer: Viewer, random: Random, stop: Stop) -> None:
        self._conversations = conversations
        self._viewer = viewer
        self._random = random
        self._stop = stop

    async def work(self) -> None:
        """Answer what waits until it is time to go."""
        while not self._stop.is_set():
            try:
                taken = await self._conversations.take(self._viewer, None)
                if isinstance(taken, Held):
                    await self._answer(taken)
                else:
                    await pause(self._stop, RESTS_SECONDS)
            except TRANSIENT:
                await pause(self._stop, RESTS_SECONDS)

    async def _answer(self, taken: Held) -> None:
        id_ = taken.about.conversation_id
        read = await self._conversations.read(self._viewer, id_)
        chance = self._random.random()
        if read is None or chance < WALKS_AWAY:
            return
        if chance < WALKS_AWAY + PASSES_ON:
            await self._conversations.pass_on(self._viewer, id_, "queue", "who knows?", uuid4())
            return
        last = [one.text for one in read.utterances if one.by == "citizen"][-1]
        draft = uuid4()
        for _ in range(2 if self._random.random() < SENDS_TWICE else 1):
            told = await self._sent(id_, f"re: {last}", draft, read.said)
            if isinstance(told, Lost):
                return
        await self._conversations.close(self._viewer, id_, read.said)
        await self._conversations.give_back(self._viewer, id_)

    async def _sent(
        self, conversation_id: UUID, text: str, draft: UUID, seen: int
    ) -> Answered | Already | Lost:
        """Send a draft until it is known what became of it, as a page does that gets no answer."""
        while True:
            try:
                return await self._conversations.answer(self._viewer, conversation_id, text, draft, seen)
            except TRANSIENT:
                await pause(self._stop, RESTS_SECONDS)


async def main(nats_url: str, database_url: str, count: int, seed: int) -> None:
    """Run a desk and its staff."""
    stop, clock, random = Stop(), SystemClock(), Random(seed)  # noqa: S311 - chance for a test
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = DeskSettings(
        nats_url=SecretStr(nats_url), database_url=SecretStr(database_url), catalogue=CATALOGUE
    )
    catalogue = load_catalogue(CATALOGUE)
    async with open_pool(database_url, "desk", size=8) as pool, messaging(settings, "desk", stop) as bus:
        outbox = Outbox(pool, StreamWriter(bus.client, bus.state), clock)
        ground = ground_of(pool, outbox, clock, catalogue, Metrics())
        ground = replace(ground, terms=replace(ground.terms, lease=LEASE))
        people = People.of(ground, Texts.of(KEYS), catalogue)
        viewers = [await staff(pool, f"{seed}.{number}") for number in range(count)]
        members = [Member(people.conversations, viewer, random, stop) for viewer in viewers]
        async with asyncio.TaskGroup() as group:
            group.create_task(consume(bus.client, DESK_TALKS, people.consumer, stop=stop, clock=clock))
            group.create_task(people.keeping.run(stop))
            group.create_task(outbox.run(stop))
            for member in members:
                group.create_task(member.work())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
